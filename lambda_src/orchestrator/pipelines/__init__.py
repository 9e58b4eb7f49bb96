# SPDX-License-Identifier: Apache-2.0
"""The pipeline types, one module for each family, and the one registry that knows them all."""

from orchestrator.pipelines.batch_transform import BatchBuiltIn, BatchCustom
from orchestrator.pipelines.image_builder import ImageBuilder
from orchestrator.pipelines.realtime_inference import RealtimeBuiltIn, RealtimeCustom
from orchestrator.pipelines.registry import Registry

BUILT_IN = Registry([RealtimeBuiltIn, RealtimeCustom, BatchBuiltIn, BatchCustom, ImageBuilder])
