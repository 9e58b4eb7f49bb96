# SPDX-License-Identifier: Apache-2.0
"""The built-in pipeline types, declared in one registry; a type is imported when it is asked for."""

from orchestrator.model_cards import operation_names
from orchestrator.pipeline_types.registry import Declared, Registry


def _declared(name: str, module: str, class_name: str) -> Declared:
    return Declared(name, f"{__name__}.{module}", class_name)


BUILT_IN = Registry(
    [
        _declared("byom_realtime_builtin", "realtime_inference", "RealtimeBuiltIn"),
        _declared("byom_realtime_custom", "realtime_inference", "RealtimeCustom"),
        _declared("byom_batch_builtin", "batch_transform", "BatchBuiltIn"),
        _declared("byom_batch_custom", "batch_transform", "BatchCustom"),
        _declared("byom_data_quality_monitor", "monitors.quality", "DataQualityMonitor"),
        _declared("byom_model_quality_monitor", "monitors.quality", "ModelQualityMonitor"),
        _declared("byom_model_bias_monitor", "monitors.clarify", "ModelBiasMonitor"),
        _declared("byom_model_explainability_monitor", "monitors.clarify", "ModelExplainabilityMonitor"),
        _declared("byom_image_builder", "image_builder", "ImageBuilder"),
        _declared("model_training_builtin", "training.model_training", "ModelTraining"),
        _declared("model_tuner_builtin", "training.model_tuning", "ModelTuning"),
        _declared("model_autopilot_training", "training.autopilot_training", "AutopilotTraining"),
    ],
    others=operation_names.NAMES,
)
