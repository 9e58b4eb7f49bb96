# SPDX-License-Identifier: Apache-2.0
"""What the orchestrator does, whoever asks: the API and the configuration uploads call the same functions."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestrator import problems, provisioning
from orchestrator.aws import codepipelines, stacks
from orchestrator.errors import Problem, RefusedRequest
from orchestrator.fields import PipelineId
from orchestrator.pipelines import BUILT_IN
from orchestrator.provisioner import PIPELINE_NAME_OUTPUT, provision
from orchestrator.settings import Settings

NOT_YET: Final = "pipeline cloudformation stack has not provisioned the pipeline yet."


def provision_pipeline(body: Any, settings: Settings) -> dict[str, Any]:
    """Provision the pipeline of a decoded request, or answer its plan for a dry run (contract 2.2; design section 9).

    Raises the errors of `orchestrator.errors`.
    """
    accepted = BUILT_IN.parse(body, settings.launch)
    plan = provisioning.plan(accepted.request, settings)
    warnings = {"warnings": list(accepted.warnings)} if accepted.warnings else {}
    if accepted.request.dry_run:
        return {"message": "Dry run: nothing was created.", "plan": plan.description(), **warnings}
    return {**provision(plan, settings).answer(), **warnings}


class StatusRequest(BaseModel):
    """Body of `POST /pipelinestatus`."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    pipeline_id: Annotated[
        PipelineId, Field(description="the pipeline_id that provisioning answered, or the name of that stack")
    ]


def pipeline_status(body: Any, _: Settings) -> dict[str, Any]:
    """CodePipeline's state of a provisioned pipeline (contract 2.4); raises the errors of `orchestrator.errors`."""
    request = _status_request(body)
    stack = stacks.find(request.pipeline_id)
    if stack is None:
        raise RefusedRequest([Problem("pipeline_id", f"there is no pipeline {request.pipeline_id}")])
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
        raise RefusedRequest(list(problems.from_validation(error, StatusRequest.model_fields))) from None
