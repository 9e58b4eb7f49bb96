# SPDX-License-Identifier: Apache-2.0
"""On how much a model is served: `instance_count`, `autoscaling`, or `serverless` in place of instances."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, Final

from pydantic import Field, model_validator
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import rule
from orchestrator.pipeline_types.built_in.served_models import WITHOUT_INSTANCE, ServedModel
from orchestrator.pipeline_types.built_in.serving.autoscaling import Instances, Scaling
from orchestrator.pipeline_types.built_in.serving.serverless import NOT_SERVERLESS, ServerlessCapacity
from orchestrator.pipeline_types.optional_objects import optional_object
from orchestrator.sagemaker.serving import capacity
from orchestrator.values.common import EXPECT_KEYWORD, Expect
from orchestrator.values.per_stage import STAGES, PerStage, PerStageObject, Stage, at, key_at
from orchestrator.values.template_parameters import InTemplate, TemplateParameters

_SCALING: Final = "an object with minimum, maximum and invocations_per_instance, or backlog_per_instance"
_SCALED: Final = {"minimum": 2, "maximum": 10, "invocations_per_instance": 600}
_SERVERLESS: Final = "an object with memory_mb and max_concurrency"
CAPTURES: Final = "data_capture_location"
_ON_INSTANCES: Final = ("inference_instance", CAPTURES)
"""Required keys that a serverless endpoint has no use for."""

OptionalInstanceType = Annotated[
    str,
    Field(max_length=64, pattern=r"^(ml\.[a-z0-9-]+\.[a-z0-9-]+)?$"),
    Expect("a SageMaker instance type", example="ml.m5.large"),
]


class CapacityParameters(TemplateParameters):
    """What the instances of an endpoint are; values that belong together stand in one parameter."""

    InstanceCount: Annotated[int, Field(description="Instances at first.")] = 1
    Autoscaling: Annotated[str, Field(description="Minimum, maximum, load, cool-down in and out.")] = ""
    ScalingSchedule1: Annotated[str, Field(description="Minimum|maximum|time zone|schedule.")] = ""
    ScalingSchedule2: str = ""
    ScalingSchedule3: str = ""
    Serverless: Annotated[str, Field(description="Memory, concurrency, provisioned.")] = NOT_SERVERLESS


def completed(given: Any, key: str, needless: Iterable[str]) -> Any:
    """Complete a request that has a key in every stage: required keys that have no use beside it may be left out."""
    chosen = given.get(key) if isinstance(given, Mapping) else None
    if not isinstance(chosen, Mapping) or not all(chosen.get(stage, True) for stage in STAGES):
        return given
    return {**dict.fromkeys(needless, ""), **given}


class Capacity(ServedModel):
    """A model on as many instances as the request says, or as its load asks for, or without any."""

    inference_instance: Annotated[
        PerStage[OptionalInstanceType],
        Field(description="instance type that serves the model; not needed with serverless"),
        InTemplate("Instance type that serves the model."),
    ]
    instance_count: Annotated[
        PerStage[Instances],
        Field(description="instances that serve; with autoscaling, those of the beginning"),
    ] = 1
    autoscaling: Annotated[
        PerStageObject[Annotated[Scaling | None, optional_object(_SCALING)]],
        Field(
            description="add and take away instances with the load",
            json_schema_extra={"default": "", EXPECT_KEYWORD: _SCALING, "examples": [_SCALED]},
        ),
    ] = None
    serverless: Annotated[
        PerStageObject[Annotated[ServerlessCapacity | None, optional_object(_SERVERLESS)]],
        Field(
            description="serve without instances, in place of inference_instance",
            json_schema_extra={
                "default": "",
                EXPECT_KEYWORD: _SERVERLESS,
                "examples": [{"memory_mb": 2048, "max_concurrency": 20}],
            },
        ),
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _without_instances(cls, given: Any) -> Any:
        return completed(given, "serverless", _ON_INSTANCES)

    def scaling_at(self, stage: Stage | None) -> Scaling | None:
        """Return `autoscaling` of a stage."""
        return at(self.autoscaling, stage)

    def is_serverless_at(self, stage: Stage | None) -> bool:
        """Whether the endpoint of a stage has no instances."""
        return at(self.serverless, stage) is not None

    @override
    def instance_type_at(self, stage: Stage | None) -> str:
        return WITHOUT_INSTANCE if self.is_serverless_at(stage) else super().instance_type_at(stage)

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        scaling, count = self.scaling_at(stage), at(self.instance_count, stage)
        serverless = at(self.serverless, stage)
        return {
            **super().values(launch, stage),
            "InstanceCount": max(count, scaling.minimum) if scaling else count,
            **(scaling.parameters() if scaling else {}),
            **({"Serverless": serverless.as_parameter()} if serverless else {}),
        }

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        if not all(self.is_serverless_at(stage) for stage in self.stages(launch)):
            return
        for key in (*_ON_INSTANCES, "kms_key_arn"):
            if any(at(getattr(self, key), stage) for stage in self.stages(launch)):
                yield f"{key} is ignored: a serverless endpoint has no instances, and captures nothing"

    def queues_at(self, stage: Stage | None) -> bool:
        """Whether requests of a stage wait in a queue, and are answered later."""
        return False

    def scales_to_none(self, stage: Stage | None) -> bool:
        """Whether autoscaling may take the last instance away."""
        return self.queues_at(stage)

    def captures_at(self, stage: Stage | None) -> bool:
        """Whether the endpoint of a stage captures its calls."""
        return not self.is_serverless_at(stage) and not self.queues_at(stage)

    def has_needless_captures(self, launch: Launch, without: Callable[[Stage | None], object]) -> bool:
        """Whether there is a place for captures, and none in any stage, all for one reason."""
        stages, places = self.stages(launch), getattr(self, CAPTURES, "")
        return all(without(stage) for stage in stages) and any(at(places, stage) for stage in stages)

    def excluded(self, stage: Stage | None, by: str, reasons: Mapping[str, str]) -> Iterator[Problem]:
        """Yield a problem for each key of a stage that another one excludes; `reasons` says which keys, and why."""
        for name, reason in reasons.items():
            value = getattr(self, name, None)
            if at(value, stage):
                yield Problem(key_at(name, value, stage), f"cannot be with {by}: {reason}")

    def missing_at(self, stages: Iterable[Stage | None], key: str, expected: str) -> Iterator[Problem]:
        """Yield a problem for a key that is empty in a stage which needs it."""
        missing = {key_at(key, getattr(self, key), stage) for stage in stages if not at(getattr(self, key), stage)}
        yield from (Problem(found, f"must be {expected}, or serverless must be given") for found in sorted(missing))

    @rule("inference_instance", "serverless")
    def _instances_have_a_type(self, launch: Launch) -> Iterator[Problem]:
        stages = [stage for stage in self.stages(launch) if not self.is_serverless_at(stage)]
        yield from self.missing_at(stages, "inference_instance", "a SageMaker instance type, such as ml.m5.large")

    def impossible_scalings(self, launch: Launch) -> Iterator[Problem]:
        """Yield problems of autoscaling; a subclass makes it a rule of this key and of those that decide."""
        yield from self.of_each_stage(launch, self._impossible_scaling)

    def _impossible_scaling(self, stage: Stage | None) -> Iterator[Problem]:
        scaling, key = self.scaling_at(stage), key_at("autoscaling", self.autoscaling, stage)
        if scaling:
            yield from scaling.impossible_loads(key, queues=self.queues_at(stage))
            yield from scaling.impossible_limits(key, may_be_none=self.scales_to_none(stage))

    @rule("autoscaling", "instance_count")
    def _first_count_is_within_limits(self, launch: Launch) -> Iterator[Problem]:
        yield from self.of_each_stage(launch, self._count_above_limits)

    def _count_above_limits(self, stage: Stage | None) -> Iterator[Problem]:
        scaling = self.scaling_at(stage)
        if scaling and at(self.instance_count, stage) > scaling.maximum:
            key = key_at("instance_count", self.instance_count, stage)
            limit = key_at("autoscaling", self.autoscaling, stage)
            yield Problem(key, f"must be {scaling.maximum} at most, the maximum of {limit}")

    @rule("autoscaling", "inference_instance")
    def _instance_type_scales(self, launch: Launch) -> Iterator[Problem]:
        yield from self.of_each_stage(launch, self._scaling_of_burstable)

    def _scaling_of_burstable(self, stage: Stage | None) -> Iterator[Problem]:
        instance_type = at(self.inference_instance, stage)
        if self.scaling_at(stage) and capacity.is_burstable(instance_type):
            yield Problem(
                key_at("autoscaling", self.autoscaling, stage),
                f"cannot be with {instance_type}: SageMaker does not scale burstable instances",
            )

    @rule("serverless")
    def _concurrency_is_possible(self, launch: Launch) -> Iterator[Problem]:
        for key, serverless in self._by_key(launch, "serverless").items():
            yield from serverless.impossible(key)

    @rule("serverless")
    def _serverless_has_nothing_of_instances(self, launch: Launch) -> Iterator[Problem]:
        yield from self.of_each_stage(launch, self._beside_serverless)

    def _beside_serverless(self, stage: Stage | None) -> Iterator[Problem]:
        if self.is_serverless_at(stage):
            yield from self.excluded(stage, "serverless", capacity.NOT_SERVERLESS)

    @rule("serverless", "instance_count")
    def _serverless_has_no_count(self, launch: Launch) -> Iterator[Problem]:
        yield from self.of_each_stage(launch, self._count_of_none)

    def _count_of_none(self, stage: Stage | None) -> Iterator[Problem]:
        if self.is_serverless_at(stage) and at(self.instance_count, stage) != 1:
            key = key_at("instance_count", self.instance_count, stage)
            yield Problem(key, "cannot be with serverless: there are no instances to count")

    def _by_key(self, launch: Launch, name: str) -> dict[str, Any]:
        """Key -> what it says, each once."""
        value = getattr(self, name)
        found = {key_at(name, value, stage): at(value, stage) for stage in self.stages(launch)}
        return {key: one for key, one in found.items() if one is not None}
