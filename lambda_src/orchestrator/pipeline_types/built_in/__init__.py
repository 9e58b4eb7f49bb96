# SPDX-License-Identifier: Apache-2.0
"""The built-in pipeline types, declared in one registry; a type is imported when it is asked for."""

from orchestrator.model_cards import operation_names
from orchestrator.pipeline_types.registry import Family, Registry

_PLACES = {
    "byom_realtime_builtin": "realtime_inference:RealtimeBuiltIn",
    "byom_realtime_custom": "realtime_inference:RealtimeCustom",
    "byom_realtime_llm": "realtime_llm:RealtimeLlm",
    "byom_batch_builtin": "batch_transform:BatchBuiltIn",
    "byom_batch_custom": "batch_transform:BatchCustom",
    "byom_data_quality_monitor": "monitors.quality:DataQualityMonitor",
    "byom_model_quality_monitor": "monitors.quality:ModelQualityMonitor",
    "byom_model_bias_monitor": "monitors.clarify:ModelBiasMonitor",
    "byom_model_explainability_monitor": "monitors.clarify:ModelExplainabilityMonitor",
    "byom_image_builder": "image_builder:ImageBuilder",
    "model_training_builtin": "training.model_training:ModelTraining",
    "model_tuner_builtin": "training.model_tuning:ModelTuning",
    "model_autopilot_training": "training.autopilot_training:AutopilotTraining",
}
"""Value of `pipeline_type` -> its class, within this package."""

_DEPLOYING = (
    "byom_realtime_builtin or byom_batch_builtin take its place, and byom_realtime_custom or byom_batch_custom with an "
    "image of your own"
)
_MONITORING = (
    "byom_data_quality_monitor takes its place, and byom_model_quality_monitor, byom_model_bias_monitor or "
    "byom_model_explainability_monitor with another monitoring_type than dataquality"
)

BUILT_IN = Registry(
    pipelines=Family(
        {name: f"pipeline_types.built_in.{place}" for name, place in _PLACES.items()},
        former={"byom": _DEPLOYING, "model_monitor": _MONITORING, "byom_model_monitor": _MONITORING},
    ),
    operations=Family(operation_names.PLACES, operation_names.ALIASES, ignored=operation_names.TOLD_BY_SAGEMAKER),
)
