# SPDX-License-Identifier: Apache-2.0
"""What the orchestrator does, whoever asks: the API and the configuration uploads call the same functions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from orchestrator import leniency, metrics, problems
from orchestrator.aws.cloudformation import stacks
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.errors import Problem, RefusedRequestError
from orchestrator.existence import informing
from orchestrator.launch.settings import Settings
from orchestrator.leniency import Reading
from orchestrator.pipeline_types.installed import installed
from orchestrator.pipeline_types.registry import Accepted, Registry
from orchestrator.plan.plan import ProvisioningPlan
from orchestrator.plan.stack_tags import PIPELINE_NAME_OUTPUT
from orchestrator.provision import engine_changes, is_in_place, provision
from orchestrator.provisioned import pipeline_stacks
from orchestrator.values.common import PipelineId

if TYPE_CHECKING:
    from orchestrator import answers
    from orchestrator.model_cards.operations import Operation

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
    informed = informing.inform(accepted.request, settings.launch, body)
    plan = informed.request.plan(settings).sent_as(accepted.body)
    warnings = [*accepted.warnings, *informed.warnings, *_unneeded(informed.missing, plan, settings)]
    answer: answers.PipelineAnswer
    if accepted.request.dry_run:
        answer = {"message": "Dry run: nothing was created.", "plan": plan.description()}
        warnings += engine_changes(plan)
    else:
        done = provision(plan, settings)
        answer = done.answer()
        warnings += done.warnings
    if warnings:
        answer["warnings"] = warnings
    return answer


def _unneeded(missing: Sequence[Problem], plan: ProvisioningPlan, settings: Settings) -> Iterator[str]:
    """Yield warnings of what is not there and nothing will be made of, because the pipeline is as requested.

    Raises `RefusedRequestError` otherwise.
    """
    if missing and not is_in_place(plan, settings):
        raise RefusedRequestError(missing)
    yield from (f"{problem}; the pipeline is as requested, and nothing is made of it again" for problem in missing)


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
    answer = _state(problems.validated(StatusRequest, reading.body), settings)
    if reading.notes:
        answer["warnings"] = list(reading.notes)
    return answer


def _state(request: StatusRequest, settings: Settings) -> "answers.PipelineState | answers.NoPipelineYet":
    # Nobody here may look at stacks of another account or Region.
    is_elsewhere = request.pipeline_id.startswith("arn:") and not request.pipeline_id.startswith(settings.stack_arns)
    stack = None if is_elsewhere else stacks.find(request.pipeline_id)
    if stack is None or not pipeline_stacks.holds_pipeline(stack):
        raise RefusedRequestError([Problem("pipeline_id", f"there is no pipeline {request.pipeline_id}")])
    pipeline = stack.outputs.get(PIPELINE_NAME_OUTPUT)
    if pipeline is not None and not stack.is_gone:
        return codepipelines.state(pipeline)
    has_failed = stack.is_gone or stack.is_broken
    message = f"There is no pipeline: its stack ended in {stack.status}." if has_failed else NOT_YET
    return {"message": message, "stack_status": stack.status}
