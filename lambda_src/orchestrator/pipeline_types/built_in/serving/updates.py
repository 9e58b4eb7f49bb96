# SPDX-License-Identifier: Apache-2.0
"""Safe updates of an endpoint: the key `deployment` of requests that serve models."""

from collections.abc import Iterator
from typing import Annotated, Any, Final, Self

from pydantic import Field, PrivateAttr
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import STACK_PREFIX
from orchestrator.pipeline_types.blueprints import BlueprintPipeline
from orchestrator.pipeline_types.built_in.serving.deployments import (
    DEPLOYMENT_EXAMPLE,
    MOST_NAMED,
    Update,
    Updated,
)
from orchestrator.pipeline_types.optional_objects import optional_object
from orchestrator.values.common import EXPECT_KEYWORD
from orchestrator.values.per_stage import PerStageObject, Stage, at, by_key, key_at
from orchestrator.values.template_parameters import TemplateParameters

_EXPECTED: Final = f"an object with {', '.join(Update.model_fields)}; only the first is needed"
_NO_LIMITS: Final = "0,0,0"
_NO_ALARMS: Final = "," * (MOST_NAMED - 1)


class UpdateParameters(TemplateParameters):
    """Parameters of a blueprint that updates its endpoint in steps."""

    Deployment: Annotated[str, Field(description="Type of update, type and size of a step, wait, maximum.")] = ""
    AlarmLimits: Annotated[str, Field(description="Share of errors, microseconds, CPU; 0 is none.")] = _NO_LIMITS
    RollbackAlarms: Annotated[str, Field(description="Names of three further alarms, or empty.")] = _NO_ALARMS


class SafelyUpdated(BlueprintPipeline):
    """A pipeline whose endpoint may be updated in steps, and go back by itself."""

    deployment: Annotated[
        PerStageObject[Annotated[Update | None, optional_object(_EXPECTED)]],
        Field(
            description="how an update of the endpoint reaches traffic, and the alarms that take it back; all at once "
            "and without alarms when left out",
            json_schema_extra={"default": "", EXPECT_KEYWORD: _EXPECTED, "examples": [DEPLOYMENT_EXAMPLE]},
        ),
    ] = None

    _monitors_alarms: tuple[str, ...] = PrivateAttr(())

    def has_variants_at(self, stage: Stage | None) -> bool:
        """Whether the endpoint has variants beside the model's own."""
        return False

    def needs_no_volume_key(self, stage: Stage | None) -> bool:
        """Whether an instance of theirs has local storage, for which SageMaker takes no key."""
        return False

    @override
    def alarms_of_monitors(self, launch: Launch) -> str:
        chosen = at(self.deployment, None) if None in self.stages(launch) else None
        return f"{STACK_PREFIX}-{self.model_name}-byompipeline".lower() if chosen and chosen.monitors else ""

    @override
    def with_alarms_of_monitors(self, names: tuple[str, ...]) -> Self:
        informed = self.model_copy()
        informed._monitors_alarms = names
        return informed

    @override
    def alarms_left_out(self, names: tuple[str, ...]) -> tuple[str, ...]:
        chosen = at(self.deployment, None)
        return names[MOST_NAMED - len(chosen.alarms) :] if chosen else ()

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        chosen = at(self.deployment, stage)
        if chosen is None:
            return super().values(launch, stage)
        names = [*chosen.alarms, *self._monitors_alarms][:MOST_NAMED]
        return {
            **super().values(launch, stage),
            "Deployment": chosen.policy(),
            "AlarmLimits": chosen.limits(self._updated(stage).instance_type),
            "RollbackAlarms": ",".join([*names, *[""] * (MOST_NAMED - len(names))]),
        }

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        for key, chosen in by_key("deployment", self.deployment):
            if chosen and chosen.alarms and None not in self.stages(launch):
                yield (
                    f"{key}.alarms: they are of the accounts of the stages, where the orchestrator looks up nothing: "
                    "SageMaker says at that stage's deployment whether they are there"
                )

    def impossible_deployments(self, launch: Launch) -> Iterator[Problem]:
        """Problems of updates; a subclass makes it a rule of this key and of those that decide."""
        yield from dict.fromkeys(problem for stage in self.stages(launch) for problem in self._impossible_at(stage))

    def _impossible_at(self, stage: Stage | None) -> Iterator[Problem]:
        chosen = at(self.deployment, stage)
        if chosen:
            yield from chosen.problems(key_at("deployment", self.deployment, stage), self._updated(stage))

    def _updated(self, stage: Stage | None) -> Updated:
        def given(key: str, otherwise: Any) -> Any:
            return at(getattr(self, key, otherwise), stage)

        changes_by_itself = given("autoscaling", None) is not None or given("serverless", None) is not None
        return Updated(
            name=given("endpoint_name", ""),
            instance_type=given("inference_instance", ""),
            instance_count=None if changes_by_itself else given("instance_count", 1),
            is_serverless=given("serverless", None) is not None,
            has_variants=self.has_variants_at(stage),
            is_elsewhere=stage is not None,
        )
