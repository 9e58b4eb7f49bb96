# SPDX-License-Identifier: Apache-2.0
"""Documents about a pipeline for programs (docs/machine-output.md): how it is, and which decisions wait."""

from __future__ import annotations

from typing import Any, Final

from mlops_orchestrator.aws.pipeline_status import Approval
from mlops_orchestrator.client.states import Status
from scripts.cli.pipelines.answers import AskedPipeline

_IDENTITY: Final = ("pipeline_id", "pipeline_stack_name", "pipeline_type", "model_name", "short_name")
_WORK: Final = ("stack", "outputs", "job", "registration", "monitor", "endpoint", "deletion")


def state(found: Status) -> dict[str, Any]:
    """Return the state alone."""
    return {"state": found.state, "state_reason": found.reason, "execution": found.execution.execution}


def whole(found: Status, pipeline: AskedPipeline) -> dict[str, Any]:
    """Return all of it, with the stages of the CodePipeline and the decisions that wait."""
    details = found.details
    return {
        **{name: details.get(name, "") for name in _IDENTITY},
        "pipeline_id": details.get("pipeline_id", pipeline.id),
        **state(found),
        "stack_status": details.get("stack_status", found.execution.stack_status),
        "stages": _stages(found),
        "waiting_approvals": [decision(approval, pipeline) for approval in found.execution.waiting],
        "changes": details.get("changes", []),
        **{name: details.get(name) for name in _WORK},
        "stack_sets": details.get("stages", []),
    }


def decision(approval: Approval, pipeline: AskedPipeline) -> dict[str, str]:
    """Return an approval that waits, with the commands that decide it."""
    place = {"stage": approval.stage, "action": approval.action, "target": approval.target}
    executions = {"execution": approval.execution, "newer_execution": approval.behind}
    return {**place, **executions, **pipeline.commands(approval)}


def _stages(found: Status) -> list[dict[str, Any]]:
    actions = [action.description() for action in found.execution.actions]
    return [
        {
            "name": name,
            "status": status,
            "actions": [
                {key: value for key, value in action.items() if key != "stage"}
                for action in actions
                if action["stage"] == name
            ],
        }
        for name, status in found.execution.stages
    ]
