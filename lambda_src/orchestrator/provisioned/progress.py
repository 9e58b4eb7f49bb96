# SPDX-License-Identifier: Apache-2.0
"""How far the deployment of a pipeline is, from what CloudFormation and CodePipeline say. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.aws.cloudformation.stacks import Stack
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.aws.codepipeline.codepipelines import Execution
from orchestrator.provisioned.removal_records import Removal
from orchestrator.provisioned.state import Deployment

_State = Mapping[str, Any]


def of(stack: Stack | None, state: _State, newest: Execution | None, removal: Removal | None = None) -> Deployment:
    """Return the progress; `state` is GetPipelineState's answer, empty while there is no pipeline."""
    stages = state.get("stageStates", ())
    is_running = newest is not None and newest.status == "InProgress"
    return Deployment(
        deletion=removal.failure if removal else None,
        stack_status=stack.status if stack else "DELETE_COMPLETE",
        stack_reason=stack.reason if stack else "",
        execution=newest.status if newest else "",
        waits_for=next(_awaited(stages, newest.id), "") if newest and is_running else "",
        failure=next(_failures(stages, newest.id), "") if newest and not is_running else "",
    )


def _awaited(stages: Iterator[_State], execution: str) -> Iterator[str]:
    """Yield the stage that an approval would open, for each that the execution waits for, also behind an older one."""
    for stage in stages:
        there = (_id(stage.get("latestExecution")), _id(stage.get("inboundExecution")))
        for action in stage.get("actionStates", ()):
            if execution in there and codepipelines.awaits_decision(action):
                # An approval has the name of the stage that it opens.
                yield str(action["actionName"]).removeprefix("Deploy").lower()


def _failures(stages: Iterator[_State], execution: str) -> Iterator[str]:
    """Yield where and why an execution failed."""
    for stage in stages:
        if _id(stage.get("latestExecution")) != execution:
            continue
        for action in stage.get("actionStates", ()):
            latest = action.get("latestExecution") or {}
            if latest.get("status") == "Failed":
                yield f"{stage['stageName']}, {action['actionName']}: {_why(latest)}"


def _why(latest: _State) -> str:
    words = (latest.get("errorDetails") or {}).get("message") or latest.get("summary") or ""
    if by := latest.get("lastUpdatedBy"):
        return f"rejected by {by.rsplit(':', maxsplit=1)[-1]}{f': {words}' if words else '.'}"
    return f"failed: {words}" if words else "failed."


def _id(execution: _State | None) -> str:
    return str((execution or {}).get("pipelineExecutionId", ""))
