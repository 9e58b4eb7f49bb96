# SPDX-License-Identifier: Apache-2.0
"""On how much a model is served: `instance_count`, `autoscaling`."""

from collections.abc import Iterator
from typing import Annotated, Any, Final

from pydantic import Field
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import rule
from orchestrator.pipeline_types.built_in.served_models import ServedModel
from orchestrator.pipeline_types.built_in.serving.autoscaling import Instances, Scaling
from orchestrator.pipeline_types.optional_objects import optional_object
from orchestrator.sagemaker.serving.capacity import is_burstable
from orchestrator.values.common import EXPECT_KEYWORD
from orchestrator.values.per_stage import PerStage, PerStageObject, Stage, at, key_at
from orchestrator.values.template_parameters import TemplateParameters

_EXPECTED: Final = "an object with minimum, maximum and invocations_per_instance"
_EXAMPLE: Final = {"minimum": 2, "maximum": 10, "invocations_per_instance": 600}


class CapacityParameters(TemplateParameters):
    """What the instances of an endpoint are; values that belong together stand in one parameter."""

    InstanceCount: Annotated[int, Field(description="Instances at first.")] = 1
    Autoscaling: Annotated[str, Field(description="Minimum, maximum, load, cool-down in and out.")] = ""
    ScalingSchedule1: Annotated[str, Field(description="Minimum|maximum|time zone|schedule.")] = ""
    ScalingSchedule2: str = ""
    ScalingSchedule3: str = ""


class Capacity(ServedModel):
    """A model on as many instances as the request says, or as its load asks for."""

    instance_count: Annotated[
        PerStage[Instances],
        Field(description="instances that serve; with autoscaling, those of the beginning"),
    ] = 1
    autoscaling: Annotated[
        PerStageObject[Annotated[Scaling | None, optional_object(_EXPECTED)]],
        Field(
            description="add and take away instances with the load",
            json_schema_extra={"default": "", EXPECT_KEYWORD: _EXPECTED, "examples": [_EXAMPLE]},
        ),
    ] = None

    def scaling_at(self, stage: Stage | None) -> Scaling | None:
        """Return `autoscaling` of a stage."""
        return at(self.autoscaling, stage)

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        scaling, count = self.scaling_at(stage), at(self.instance_count, stage)
        return {
            **super().values(launch, stage),
            "InstanceCount": max(count, scaling.minimum) if scaling else count,
            **(scaling.parameters() if scaling else {}),
        }

    @rule("autoscaling")
    def _limits_are_possible(self, launch: Launch) -> Iterator[Problem]:
        for key, scaling in self._scalings(launch).items():
            yield from scaling.impossible_limits(key)

    @rule("autoscaling", "instance_count")
    def _first_count_is_within_limits(self, launch: Launch) -> Iterator[Problem]:
        found: dict[str, Problem] = {}
        for stage in self.stages(launch):
            scaling, count = self.scaling_at(stage), at(self.instance_count, stage)
            if scaling and count > scaling.maximum:
                key = key_at("instance_count", self.instance_count, stage)
                limit = key_at("autoscaling", self.autoscaling, stage)
                found.setdefault(key, Problem(key, f"must be {scaling.maximum} at most, the maximum of {limit}"))
        yield from found.values()

    @rule("autoscaling", "inference_instance")
    def _instance_type_scales(self, launch: Launch) -> Iterator[Problem]:
        found: dict[str, Problem] = {}
        for stage in self.stages(launch):
            instance_type = at(self.inference_instance, stage)
            if self.scaling_at(stage) and is_burstable(instance_type):
                key = key_at("autoscaling", self.autoscaling, stage)
                problem = f"cannot be with {instance_type}: SageMaker does not scale burstable instances"
                found.setdefault(key, Problem(key, problem))
        yield from found.values()

    def _scalings(self, launch: Launch) -> dict[str, Scaling]:
        """Key -> what it says, each once."""
        stages = self.stages(launch)
        found = {key_at("autoscaling", self.autoscaling, stage): self.scaling_at(stage) for stage in stages}
        return {key: scaling for key, scaling in found.items() if scaling is not None}
