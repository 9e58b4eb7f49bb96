# SPDX-License-Identifier: Apache-2.0
"""The pipeline types, one module for each family, and the one registry that knows them all."""

from orchestrator import model_cards
from orchestrator.pipelines.autopilot_training import AutopilotTraining
from orchestrator.pipelines.batch_transform import BatchBuiltIn, BatchCustom
from orchestrator.pipelines.clarify_monitors import ModelBiasMonitor, ModelExplainabilityMonitor
from orchestrator.pipelines.image_builder import ImageBuilder
from orchestrator.pipelines.model_training import ModelTraining
from orchestrator.pipelines.model_tuning import ModelTuning
from orchestrator.pipelines.quality_monitors import DataQualityMonitor, ModelQualityMonitor
from orchestrator.pipelines.realtime_inference import RealtimeBuiltIn, RealtimeCustom
from orchestrator.pipelines.registry import Registry

BUILT_IN = Registry(
    [
        RealtimeBuiltIn,
        RealtimeCustom,
        BatchBuiltIn,
        BatchCustom,
        DataQualityMonitor,
        ModelQualityMonitor,
        ModelBiasMonitor,
        ModelExplainabilityMonitor,
        ImageBuilder,
        ModelTraining,
        ModelTuning,
        AutopilotTraining,
    ],
    others=model_cards.NAMES,
)
