# SPDX-License-Identifier: Apache-2.0
"""What the orchestrator does, whoever asks: the API and the configuration uploads call the same functions."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestrator import csv_headers, metrics, model_cards, problems
from orchestrator.aws.cloudformation import stacks
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.aws.s3 import objects
from orchestrator.aws.sagemaker import model_sources
from orchestrator.errors import Problem, RefusedRequestError
from orchestrator.launch.settings import Launch, Settings
from orchestrator.model_cards import operation_names
from orchestrator.model_cards.refusals import absent, refusing
from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.pipeline_types.installed import installed
from orchestrator.pipeline_types.registry import Registry
from orchestrator.plan.stack_tags import PIPELINE_NAME_OUTPUT
from orchestrator.provision import provision
from orchestrator.provisioned import pipeline_stacks
from orchestrator.values import package_artifacts
from orchestrator.values.common import PipelineId
from orchestrator.values.package_artifacts import PackagedModel

_PACKAGE_KEY: Final = "model_package_name"
_DENIED: Final = "AccessDeniedException"
_NOT_SHARED: Final = "must be of a group whose policy lets the orchestrator's account describe it: {reason}"
NOT_YET: Final = "pipeline cloudformation stack has not provisioned the pipeline yet."


def provision_pipeline(body: Any, settings: Settings) -> dict[str, Any]:
    """Do what a decoded request asks for (compatibility 2.2); raises the errors of `orchestrator.errors`.

    The first kind of request that takes it answers. The last takes whatever is left, and says what is wrong with it.
    """
    return next(answer for takes, answer in _KINDS if takes(body))(body, settings)


def _provision(body: Any, settings: Settings) -> dict[str, Any]:
    """Provision the pipeline of a request, or answer its plan for a dry run; what becomes of it is counted."""
    types = installed(settings.launch)
    try:
        answer, is_dry_run = _provisioned(body, types, settings)
    except RefusedRequestError:
        _count(metrics.REFUSED, types, body)
        raise
    except Exception:
        _count(metrics.FAILED, types, body)
        raise
    if not is_dry_run:
        _count(metrics.PROVISIONED, types, body)
    return answer


def _count(metric: str, types: Registry, body: Any) -> None:
    # Which types there are beside the built-in ones is known only now, and what callers invent is counted as nothing.
    metrics.count(metric, pipeline_type=types.name_in(body))


def _provisioned(body: Any, types: Registry, settings: Settings) -> tuple[dict[str, Any], bool]:
    """The answer, and whether nothing was asked for but a plan."""
    accepted = types.parse(body, settings.launch)
    plan = _informed(accepted.request, settings.launch).plan(settings)
    warnings = {"warnings": list(accepted.warnings)} if accepted.warnings else {}
    if accepted.request.dry_run:
        return {"message": "Dry run: nothing was created.", "plan": plan.description(), **warnings}, True
    return {**provision(plan, settings).answer(), **warnings}, False


_KINDS: Final[tuple[tuple[Callable[[Any], object], Callable[[Any, Settings], dict[str, Any]]], ...]] = (
    (operation_names.operation_of, model_cards.answer),
    (lambda _: True, _provision),
)
"""The kinds of requests, in the order in which they are asked: whether one takes a request, and how it answers."""


def _informed(request: PipelineRequest, launch: Launch) -> PipelineRequest:
    """The request with what files and model packages that it names hold; a dry run looks at them, too."""
    files, package = request.csv_files(launch), request.model_package(launch)
    if files:
        request = request.with_csv_headers(csv_headers.read(files, objects.beginning))
    return request.with_packaged_model(_packaged_model(package, launch)) if package else request


def _packaged_model(arn: str, launch: Launch) -> PackagedModel:
    """Where a version has its model; raises `RefusedRequestError` for none, or none that a request may read."""
    with refusing(_PACKAGE_KEY, {**absent("model package version"), _DENIED: _NOT_SHARED}):
        description = model_sources.describe_model_package(arn)
    try:
        model = package_artifacts.of_description(description)
    except ValueError as error:
        raise RefusedRequestError([Problem(_PACKAGE_KEY, str(error))]) from None
    if found := list(package_artifacts.problems(_PACKAGE_KEY, model, launch.reach)):
        raise RefusedRequestError(found)
    return model


class StatusRequest(BaseModel):
    """Body of `POST /pipelinestatus`."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    pipeline_id: Annotated[
        PipelineId, Field(description="the pipeline_id that provisioning answered, or the name of that stack")
    ]


def pipeline_status(body: Any, _: Settings) -> dict[str, Any]:
    """CodePipeline's state of a pipeline (compatibility 2.4); raises the errors of `orchestrator.errors`."""
    request = _status_request(body)
    stack = stacks.find(request.pipeline_id)
    if stack is None or not pipeline_stacks.holds_pipeline(stack):
        raise RefusedRequestError([Problem("pipeline_id", f"there is no pipeline {request.pipeline_id}")])
    pipeline = stack.outputs.get(PIPELINE_NAME_OUTPUT)
    if pipeline is not None and not stack.is_gone:
        return codepipelines.state(pipeline)
    has_failed = stack.is_gone or stack.is_broken
    message = f"There is no pipeline: its stack ended in {stack.status}." if has_failed else NOT_YET
    return {"message": message, "stack_status": stack.status}


def _status_request(body: Any) -> StatusRequest:
    try:
        return StatusRequest.model_validate(body)
    except ValidationError as error:
        raise RefusedRequestError(list(problems.from_validation(error, StatusRequest.model_fields))) from None
