# SPDX-License-Identifier: Apache-2.0
"""A model as an inference component: copies of it on instances that SageMaker adds and takes away, down to none.

https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-zero-instances.html
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Final

from pydantic import Field, model_validator
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import rule
from orchestrator.pipeline_types.built_in.serving.asynchronous import Asynchronous
from orchestrator.pipeline_types.built_in.serving.capacity import CAPTURES, completed
from orchestrator.pipeline_types.built_in.serving.managed_instances import NO_COMPONENT, ManagedInstances
from orchestrator.pipeline_types.optional_objects import optional_object
from orchestrator.plan.additions import Additions
from orchestrator.sagemaker.serving import capacity
from orchestrator.sagemaker.serving.components import NOT_WITH_COMPONENTS, REGIONS_WITHOUT
from orchestrator.values.common import EXPECT_KEYWORD
from orchestrator.values.per_stage import PerStageObject, Stage, at, key_at
from orchestrator.values.template_parameters import TemplateParameters

_KEY: Final = "managed_instance_scaling"
_MANAGED: Final = "an object with minimum, maximum and memory_mb"


class ComponentParameters(TemplateParameters):
    """Parameter of a blueprint whose endpoint may have an inference component."""

    Components: Annotated[str, Field(description="Instances: least, most. A copy: MB, copies, cores, GPUs.")] = (
        NO_COMPONENT
    )


class WithComponents(Asynchronous):
    """A model whose endpoint may have its copies as an inference component."""

    managed_instance_scaling: Annotated[
        PerStageObject[Annotated[ManagedInstances | None, optional_object(_MANAGED)]],
        Field(
            description="serve copies of the model on instances that SageMaker adds and takes away, down to none",
            json_schema_extra={
                "default": "",
                EXPECT_KEYWORD: _MANAGED,
                "examples": [{"minimum": 0, "maximum": 2, "memory_mb": 1024}],
            },
        ),
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _capturing_nothing(cls, given: Any) -> Any:
        return completed(given, _KEY, [CAPTURES])

    def managed_at(self, stage: Stage | None) -> ManagedInstances | None:
        """Return `managed_instance_scaling` of a stage."""
        return at(self.managed_instance_scaling, stage)

    @override
    def captures_at(self, stage: Stage | None) -> bool:
        return self.managed_at(stage) is None and super().captures_at(stage)

    @override
    def scales_to_none(self, stage: Stage | None) -> bool:
        return self.managed_at(stage) is not None or super().scales_to_none(stage)

    @override
    def additions(self, launch: Launch) -> Additions:
        has_component = any(self.managed_at(stage) for stage in self.stages(launch))
        return replace(super().additions(launch), has_component=has_component)

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        values, managed = super().values(launch, stage), self.managed_at(stage)
        if managed is None:
            return values
        return {**values, "InstanceCount": managed.first_instances, "Components": managed.as_parameter()}

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        if self.has_needless_captures(launch, self.managed_at):
            yield f"{CAPTURES} is ignored: calls of an inference component are not captured"

    @rule("autoscaling", "async_inference", _KEY)
    def _limits_are_possible(self, launch: Launch) -> Iterator[Problem]:
        yield from self.impossible_scalings(launch)

    @rule(_KEY, "inference_instance")
    def _managed_limits_are_possible(self, launch: Launch) -> Iterator[Problem]:
        yield from self.of_each_stage(launch, self._impossible_limits)

    def _impossible_limits(self, stage: Stage | None) -> Iterator[Problem]:
        managed, instance_type = self.managed_at(stage), at(self.inference_instance, stage)
        if managed is None:
            return
        key = key_at(_KEY, self.managed_instance_scaling, stage)
        yield from managed.impossible(key, instance_type)
        if capacity.is_burstable(instance_type):
            yield Problem(key, f"cannot be with {instance_type}: SageMaker does not scale burstable instances")

    @rule(_KEY)
    def _region_has_components(self, launch: Launch) -> Iterator[Problem]:
        if launch.region in REGIONS_WITHOUT:
            words = f"cannot be in {launch.region}, whose CloudFormation has no AWS::SageMaker::InferenceComponent"
            yield from (Problem(key, words) for key in self._by_key(launch, _KEY))

    @rule(_KEY, "autoscaling")
    def _copies_are_possible(self, launch: Launch) -> Iterator[Problem]:
        yield from self.of_each_stage(launch, self._impossible_copies)

    def _impossible_copies(self, stage: Stage | None) -> Iterator[Problem]:
        managed, scaling = self.managed_at(stage), self.scaling_at(stage)
        if managed is None:
            return
        key = f"{key_at(_KEY, self.managed_instance_scaling, stage)}.copies"
        if scaling is None and managed.copies == 0:
            yield Problem(key, "must be 1 at least without autoscaling: nothing else would add a copy")
        if scaling is not None and not scaling.minimum <= managed.copies <= scaling.maximum:
            limits = key_at("autoscaling", self.autoscaling, stage)
            yield Problem(key, f"must be {scaling.minimum} to {scaling.maximum}, the limits of {limits}")

    @rule(_KEY)
    def _components_have_nothing_of_others(self, launch: Launch) -> Iterator[Problem]:
        yield from self.of_each_stage(launch, self._beside_component)

    def _beside_component(self, stage: Stage | None) -> Iterator[Problem]:
        if self.managed_at(stage) is not None:
            yield from self.excluded(stage, _KEY, NOT_WITH_COMPONENTS)

    @rule(_KEY, "instance_count")
    def _managed_instances_are_not_counted(self, launch: Launch) -> Iterator[Problem]:
        yield from self.of_each_stage(launch, self._count_of_managed)

    def _count_of_managed(self, stage: Stage | None) -> Iterator[Problem]:
        if self.managed_at(stage) and at(self.instance_count, stage) != 1:
            key = key_at("instance_count", self.instance_count, stage)
            yield Problem(key, f"cannot be with {_KEY}: its minimum and maximum say how many instances there are")
