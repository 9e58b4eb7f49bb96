# SPDX-License-Identifier: Apache-2.0
"""The instance type of a request: one that SageMaker offers for what the pipeline does with it (lesson 129)."""

from collections.abc import Iterator
from typing import ClassVar

from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.sagemaker import instance_types
from orchestrator.sagemaker.instance_types import Purpose
from orchestrator.values.per_stage import by_key


class OnInstances(PipelineRequest):
    """A pipeline that runs something on instances of SageMaker.

    A subclass that has the key makes `impossible_instances` a rule of it.
    """

    instance_key: ClassVar[str] = "inference_instance"
    """The key of the request that names the instance type; empty when SageMaker chooses."""
    instance_purpose: ClassVar[Purpose]

    def impossible_instances(self) -> Iterator[Problem]:
        """A problem for each instance type that cannot be."""
        for key, instance_type in by_key(self.instance_key, getattr(self, self.instance_key)):
            if instance_type and (problem := instance_types.impossible(self.instance_purpose, instance_type)):
                yield Problem(key, problem)

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        if not self.instance_key:
            return
        for key, instance_type in by_key(self.instance_key, getattr(self, self.instance_key)):
            if instance_type and (sentence := instance_types.unknown(self.instance_purpose, instance_type)):
                yield f"{key}: {sentence}"
