# SPDX-License-Identifier: Apache-2.0
"""What the orchestrator does, whoever asks: the API and the configuration uploads call the same functions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestrator import csv_headers, leniency, metrics, problems
from orchestrator.aws.cloudformation import stacks
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.aws.s3 import objects
from orchestrator.aws.sagemaker import endpoints, model_sources
from orchestrator.errors import Problem, RefusedRequestError
from orchestrator.launch.settings import Launch, Settings
from orchestrator.leniency import Reading
from orchestrator.model_cards.refusals import absent, refusing
from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.pipeline_types.installed import installed
from orchestrator.pipeline_types.registry import Accepted, Registry
from orchestrator.plan.stack_tags import PIPELINE_NAME_OUTPUT
from orchestrator.provision import provision
from orchestrator.provisioned import pipeline_stacks
from orchestrator.values import package_artifacts
from orchestrator.values.common import PipelineId
from orchestrator.values.package_artifacts import PackagedModel

if TYPE_CHECKING:
    from orchestrator import answers
    from orchestrator.model_cards.operations import Operation

_PACKAGE_KEY: Final = "model_package_name"
_DENIED: Final = "AccessDeniedException"
_NOT_SHARED: Final = "must be of a group whose policy lets the orchestrator's account describe it: {reason}"
NOT_YET: Final = "pipeline cloudformation stack has not provisioned the pipeline yet."


def provision_pipeline(body: Any, settings: Settings) -> "answers.RequestAnswer":
    """Do what a decoded request asks for (compatibility 2.2); raises the errors of `orchestrator.errors`."""
    types = installed(settings.launch)
    if types.operation_in(body):
        return _carry_out(types.parse_operation(body, settings.launch), settings)
    return _provision(body, types, settings)


def _carry_out(accepted: "Accepted[Operation]", settings: Settings) -> "answers.OperationAnswer":
    """Carry out an operation on model cards; its own warnings come after those of the request."""
    answer = accepted.request.carry_out(settings)
    if accepted.warnings:
        answer["warnings"] = [*accepted.warnings, *answer.get("warnings", [])]
    return answer


def _provision(body: Any, types: Registry, settings: Settings) -> "answers.PipelineAnswer":
    """Provision the pipeline of a request, or answer its plan for a dry run; what becomes of it is counted."""
    try:
        answer = _provisioned(body, types, settings)
    except RefusedRequestError:
        _count(metrics.REFUSED, types, body)
        raise
    except Exception:
        _count(metrics.FAILED, types, body)
        raise
    if "plan" not in answer:
        _count(metrics.PROVISIONED, types, body)
    return answer


def _count(metric: str, types: Registry, body: Any) -> None:
    # Which types there are beside the built-in ones is known only now, and what callers invent is counted as nothing.
    metrics.count(metric, pipeline_type=types.name_in(body))


def _provisioned(body: Any, types: Registry, settings: Settings) -> "answers.PipelineAnswer":
    accepted = types.parse(body, settings.launch)
    plan = _informed(accepted.request, settings.launch).plan(settings)
    answer: answers.PipelineAnswer
    if accepted.request.dry_run:
        answer = {"message": "Dry run: nothing was created.", "plan": plan.description()}
    else:
        answer = provision(plan, settings).answer()
    if accepted.warnings:
        answer["warnings"] = list(accepted.warnings)
    return answer


def _informed(request: PipelineRequest, launch: Launch) -> PipelineRequest:
    """The request with what files and model packages that it names hold; a dry run looks at them, too."""
    files, package = request.csv_files(launch), request.model_package(launch)
    if files:
        request = request.with_csv_headers(csv_headers.read(files, objects.beginning))
    if monitored := request.monitored_endpoints():
        request = request.with_endpoint_names({name: _real_name(name, request, launch) for name in monitored})
    return request.with_packaged_model(_packaged_model(package, launch)) if package else request


def _real_name(name: str, request: PipelineRequest, launch: Launch) -> str:
    """Return the name of an endpoint as SageMaker spells it (lesson 106).

    Nobody can look into the accounts of stages, and an endpoint may not be there yet: then it is as real-time pipelines
    spell names, in lower case, if the model has one, else as the caller spells it.
    """
    found = "" if launch.multi_account else endpoints.real_name(name)
    if found or name == name.lower():
        return found or name
    is_ours = any(stacks.find(stack) is not None for stack in request.stacks_of_endpoints())
    return name.lower() if is_ours else name


def _packaged_model(arn: str, launch: Launch) -> PackagedModel:
    """Return the model of a version. Raise `RefusedRequestError` if it has none, or none that a request may read."""
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


def pipeline_status(body: Any, settings: Settings) -> "answers.PipelineState | answers.NoPipelineYet":
    """CodePipeline's state of a pipeline (compatibility 2.4); raises the errors of `orchestrator.errors`."""
    fields = StatusRequest.model_fields
    reading = leniency.read(body, fields, settings.launch) if isinstance(body, Mapping) else Reading(body)
    answer = _state(_status_request(reading.body))
    if reading.notes:
        answer["warnings"] = list(reading.notes)
    return answer


def _state(request: StatusRequest) -> "answers.PipelineState | answers.NoPipelineYet":
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
