# SPDX-License-Identifier: Apache-2.0
"""The built-in pipeline types, one module for each family, and the one registry that knows them all."""

from orchestrator import model_cards
from orchestrator.pipelines.registry import Declared, Registry
from orchestrator.settings import Launch


def _declared(name: str, module: str, class_name: str) -> Declared:
    return Declared(name, f"{__name__}.{module}", class_name)


BUILT_IN = Registry(
    [
        _declared("byom_realtime_builtin", "realtime_inference", "RealtimeBuiltIn"),
        _declared("byom_realtime_custom", "realtime_inference", "RealtimeCustom"),
        _declared("byom_batch_builtin", "batch_transform", "BatchBuiltIn"),
        _declared("byom_batch_custom", "batch_transform", "BatchCustom"),
        _declared("byom_data_quality_monitor", "quality_monitors", "DataQualityMonitor"),
        _declared("byom_model_quality_monitor", "quality_monitors", "ModelQualityMonitor"),
        _declared("byom_model_bias_monitor", "clarify_monitors", "ModelBiasMonitor"),
        _declared("byom_model_explainability_monitor", "clarify_monitors", "ModelExplainabilityMonitor"),
        _declared("byom_image_builder", "image_builder", "ImageBuilder"),
        _declared("model_training_builtin", "model_training", "ModelTraining"),
        _declared("model_tuner_builtin", "model_tuning", "ModelTuning"),
        _declared("model_autopilot_training", "autopilot_training", "AutopilotTraining"),
    ],
    others=model_cards.NAMES,
)


def installed(launch: Launch) -> Registry:
    """The built-in types, and those that the operator of a deployed orchestrator has added."""
    from orchestrator.aws.pipeline_types import AddedTypes  # noqa: PLC0415  who works offline has no such types

    return BUILT_IN.with_source(AddedTypes(launch.pipelines_bucket))
