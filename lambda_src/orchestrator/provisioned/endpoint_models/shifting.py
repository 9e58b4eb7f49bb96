# SPDX-License-Identifier: Apache-2.0
"""`POST /pipelines/{id}/weights`: other shares of the calls for the models of an endpoint, without a deployment.

SageMaker changes an endpoint's weights while it serves, one change at a time. A stage with several accounts has an
endpoint in each: all are looked at before the first is changed.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpointWeightsAndCapacities.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from orchestrator import documents, problems
from orchestrator.aws.cloudformation.stack_sets import StackSetName
from orchestrator.aws.sagemaker import endpoints
from orchestrator.errors import Problem, RefusedRequestError, ServiceRefusedError, UnfitStateError
from orchestrator.launch.settings import Settings
from orchestrator.provisioned import lookup
from orchestrator.provisioned.endpoint_models import places
from orchestrator.provisioned.endpoint_models.places import Place
from orchestrator.provisioned.pipeline_stacks import Pipeline
from orchestrator.values.common import Expect
from orchestrator.values.per_stage import STAGES, Stage

if TYPE_CHECKING:
    from orchestrator import answers
    from orchestrator.answers.work import ShiftedPlace, VariantWeight

_STAGES = f"{', '.join(STAGES[:-1])} or {STAGES[-1]}"
Weight = Annotated[
    float, Field(strict=True, ge=0, le=1_000_000, allow_inf_nan=False), Expect("a number from 0 to 1000000")
]


class WeightsRequest(BaseModel):
    """Body of `POST /pipelines/{id}/weights`."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    weights: Annotated[
        dict[str, Weight],
        Field(
            min_length=1,
            description="the weight of each variant that is to have another; its share is its weight by the sum of all",
        ),
    ]
    stage: Annotated[
        Stage | None, Expect(_STAGES), Field(description="stage whose endpoint is meant, with several accounts")
    ] = None


@dataclass(frozen=True)
class _Shift:
    """Weights of one endpoint, as they are or are about to be, and as they are to become."""

    place: Place
    found: Mapping[str, Any]
    before: Mapping[str, float]
    asked: Mapping[str, float]

    @property
    def after(self) -> dict[str, float]:
        """All weights, in the order of the variants."""
        return {**self.before, **self.asked}

    @property
    def is_new(self) -> bool:
        """Whether anything changes."""
        return self.after != self.before


def shift(given: str, body: str | bytes | None, settings: Settings) -> "answers.work.EndpointShifted":
    """Give models of a pipeline's endpoint these weights; raises the errors of `orchestrator.errors`.

    A repeat changes nothing: what has the weights already, or is about to have them, is left alone.
    """
    asked = problems.validated(WeightsRequest, documents.read_if_given(body))
    there = lookup.find(given, settings)
    pipeline = there.pipeline
    if there.removal is not None:
        raise UnfitStateError(f"{pipeline.short_name} is being deleted.")
    shifts = [_looked_at(place, asked.weights, pipeline) for place in _places(there, asked.stage, settings)]
    if listed := list(dict.fromkeys(problem for one in shifts for problem in _wrong(one))):
        raise RefusedRequestError(listed)
    for one in shifts:
        if one.is_new or _is_deploying(one.found):
            _expect_idle(one.found, pipeline)
    for one in shifts:
        if one.is_new:
            _change(one, pipeline)
    return _answer(pipeline, asked.stage, shifts)


def _places(found: lookup.Found, stage: Stage | None, settings: Settings) -> list[Place]:
    pipeline = found.pipeline
    if not pipeline.stack_sets:
        if stage is not None:
            raise RefusedRequestError(
                [Problem("stage", f"{pipeline.short_name} has no stages: it is in the orchestrator's account")]
            )
        return [places.here(found)]
    if stage is None:
        raise RefusedRequestError(
            [Problem("stage", f"is required, {_STAGES}: {pipeline.short_name} has an endpoint in each")]
        )
    return places.of_stage(pipeline, stage, StackSetName(pipeline.stack_sets[stage], settings.call_as))


def _looked_at(place: Place, asked: Mapping[str, float], pipeline: Pipeline) -> _Shift:
    found = _described(place, pipeline)
    return _Shift(place, found, _weights(found, pipeline), asked)


def _described(place: Place, pipeline: Pipeline) -> dict[str, Any]:
    try:
        return endpoints.describe(place.endpoint, place.clients)
    except ServiceRefusedError as refused:
        if refused.code not in endpoints.NOT_THERE:
            raise
        raise UnfitStateError(
            f"The endpoint {place.endpoint} of {pipeline.short_name} is not there any more. Delete the pipeline and "
            "provision it again."
        ) from refused


def _weights(found: Mapping[str, Any], pipeline: Pipeline) -> dict[str, float]:
    """Return the weights that the models that answer have or are about to have."""
    weights = {
        str(one["VariantName"]): float(one.get("DesiredWeight", one.get("CurrentWeight", 0)))
        for one in found.get("ProductionVariants", ())
    }
    if not weights:
        _expect_idle(found, pipeline)
    return weights


def _wrong(shift: _Shift) -> Iterator[Problem]:
    shadows = {str(one["VariantName"]) for one in shift.found.get("ShadowProductionVariants", ())}
    there = ", ".join(shift.before)
    for name in shift.asked:
        if name in shadows:
            yield Problem(
                f"weights.{name}",
                "is a shadow, which answers nobody: the request's sampling_percent says how many calls are copied to "
                f"it; the variants that answer are {there}",
            )
        elif name not in shift.before:
            yield Problem(f"weights.{name}", f"there is no variant of this name; the endpoint has {there}")
    if not any(shift.after.values()):
        yield Problem("weights", "must leave one variant at least with a weight above 0, or nothing would answer calls")


def _is_deploying(found: Mapping[str, Any]) -> bool:
    """True if another configuration is on its way, with weights of its own."""
    return bool(found.get("PendingDeploymentSummary"))


def _expect_idle(found: Mapping[str, Any], pipeline: Pipeline) -> None:
    status = found["EndpointStatus"]
    if status == endpoints.IN_SERVICE and not _is_deploying(found):
        return
    if status in endpoints.CHANGING or _is_deploying(found):
        raise UnfitStateError(
            f"The endpoint {found['EndpointName']} is {status}, and SageMaker makes one change at a time. Wait until "
            f"`mlops status {pipeline.short_name}` tells that it is {endpoints.IN_SERVICE}, then repeat this."
        )
    reason = found.get("FailureReason", "")
    raise UnfitStateError(
        f"The endpoint {found['EndpointName']} is {status}, so no weights can be changed. {reason} Deploy it again: "
        f"`mlops retry {pipeline.short_name}`."
    )


def _change(shift: _Shift, pipeline: Pipeline) -> None:
    place = shift.place
    try:
        endpoints.change_weights(place.endpoint, shift.asked, place.clients)
    except ServiceRefusedError as refused:
        # Something else may have begun to change it since it was looked at: that is told, and nothing else.
        if refused.code in endpoints.NOT_THERE:
            _expect_idle(endpoints.describe(place.endpoint, place.clients), pipeline)
        raise


def _answer(pipeline: Pipeline, stage: Stage | None, shifts: list[_Shift]) -> "answers.work.EndpointShifted":
    first = shifts[0]
    words = "are to be shared" if any(one.is_new for one in shifts) else "are shared so already, or are about to be"
    told = "; ".join(dict.fromkeys(_told(one) for one in shifts))
    return {
        "message": f"Calls of {pipeline.short_name}{f' in {stage}' if stage else ''} {words}: {told}.",
        "pipeline_id": pipeline.id,
        "endpoint": first.place.endpoint,
        "variants": _shares(first),
        "accounts": [_in_account(one) for one in shifts if one.place.account],
    }


def _told(shift: _Shift) -> str:
    return ", ".join(f"{one['name']} {one['share']:.0%}" for one in _shares(shift))


def _in_account(shift: _Shift) -> "ShiftedPlace":
    return {"account": shift.place.account, "endpoint": shift.place.endpoint, "variants": _shares(shift)}


def _shares(shift: _Shift) -> "list[VariantWeight]":
    total = sum(shift.after.values())
    return [{"name": name, "weight": weight, "share": round(weight / total, 4)} for name, weight in shift.after.items()]
