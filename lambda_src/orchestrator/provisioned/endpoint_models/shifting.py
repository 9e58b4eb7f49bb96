# SPDX-License-Identifier: Apache-2.0
"""`POST /pipelines/{id}/weights`: other shares of the calls for the models of an endpoint, without a deployment.

SageMaker changes an endpoint's weights while it serves, one change at a time.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpointWeightsAndCapacities.html
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from orchestrator import documents, problems
from orchestrator.aws.sagemaker import endpoints
from orchestrator.errors import Problem, RefusedRequestError, ServiceRefusedError, UnfitStateError
from orchestrator.launch.settings import Settings
from orchestrator.provisioned import lookup, work
from orchestrator.provisioned.lookup import Found
from orchestrator.provisioned.pipeline_stacks import Pipeline
from orchestrator.sagemaker import deployed_outputs
from orchestrator.values.common import Expect

if TYPE_CHECKING:
    from orchestrator import answers

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


def shift(given: str, body: str | bytes | None, settings: Settings) -> "answers.work.EndpointShifted":
    """Give models of a pipeline's endpoint these weights; raises the errors of `orchestrator.errors`.

    A repeat changes nothing: what has the weights already, or is about to have them, is left alone.
    """
    asked = problems.validated(WeightsRequest, documents.read_if_given(body))
    there = lookup.find(given, settings)
    pipeline, name = there.pipeline, _endpoint(there)
    found = _described(name, pipeline)
    before = _weights(found, pipeline)
    listed = list(_wrong(asked.weights, before, found))
    if listed:
        raise RefusedRequestError(listed)
    after = before | asked.weights
    is_new = after != before
    if is_new or _is_deploying(found):
        _expect_idle(found, pipeline)
    if is_new:
        _change(name, asked.weights, pipeline)
    return _answer(pipeline, name, after, is_new)


def _endpoint(found: Found) -> str:
    """Return the name of the endpoint that a pipeline has deployed in this account."""
    pipeline = found.pipeline
    if found.removal is not None:
        raise UnfitStateError(f"{pipeline.short_name} is being deleted.")
    if pipeline.stack_sets:
        raise UnfitStateError(
            f"The endpoints of {pipeline.short_name} are in the accounts of its stages, where the orchestrator changes "
            "nothing by itself. Give the variants other weights in the request and send it, or change them in that "
            "account by UpdateEndpointWeightsAndCapacities."
        )
    deployed = work.deployed_stack(pipeline, found.stack)
    name = "" if deployed is None or deployed.is_gone else deployed.outputs.get(deployed_outputs.ENDPOINT, "")
    if not name:
        raise UnfitStateError(
            f"{pipeline.short_name} has no endpoint: only a real-time pipeline that is deployed has one."
        )
    return name


def _described(name: str, pipeline: Pipeline) -> dict[str, Any]:
    try:
        return endpoints.describe(name)
    except ServiceRefusedError as refused:
        if refused.code not in endpoints.NOT_THERE:
            raise
        raise UnfitStateError(
            f"The endpoint {name} of {pipeline.short_name} is not there any more. Delete the pipeline and provision it "
            "again."
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


def _wrong(asked: Mapping[str, float], before: Mapping[str, float], found: Mapping[str, Any]) -> Iterator[Problem]:
    shadows = {str(one["VariantName"]) for one in found.get("ShadowProductionVariants", ())}
    there = ", ".join(before)
    for name in asked:
        if name in shadows:
            yield Problem(
                f"weights.{name}",
                "is a shadow, which answers nobody: the request's sampling_percent says how many calls are copied to "
                f"it; the variants that answer are {there}",
            )
        elif name not in before:
            yield Problem(f"weights.{name}", f"there is no variant of this name; the endpoint has {there}")
    if not any({**before, **asked}.values()):
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


def _change(name: str, weights: Mapping[str, float], pipeline: Pipeline) -> None:
    try:
        endpoints.change_weights(name, weights)
    except ServiceRefusedError as refused:
        # Something else may have begun to change it since it was looked at: that is told, and nothing else.
        if refused.code in endpoints.NOT_THERE:
            _expect_idle(endpoints.describe(name), pipeline)
        raise


def _answer(
    pipeline: Pipeline, name: str, weights: Mapping[str, float], is_new: bool
) -> "answers.work.EndpointShifted":
    total = sum(weights.values())
    shares = {variant: weight / total for variant, weight in weights.items()}
    told = ", ".join(f"{variant} {share:.0%}" for variant, share in shares.items())
    words = "are to be shared" if is_new else "are shared so already, or are about to be"
    return {
        "message": f"Calls of {pipeline.short_name} {words}: {told}.",
        "pipeline_id": pipeline.id,
        "endpoint": name,
        "variants": [
            {"name": variant, "weight": weight, "share": round(shares[variant], 4)}
            for variant, weight in weights.items()
        ],
    }
