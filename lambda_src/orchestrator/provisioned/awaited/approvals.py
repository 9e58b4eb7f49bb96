# SPDX-License-Identifier: Apache-2.0
"""Approvals that wait, in what CodePipeline tells of a pipeline's state. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from orchestrator.aws.codepipeline import codepipelines

if TYPE_CHECKING:
    from orchestrator import answers


def of_stage(stage: Mapping[str, Any]) -> Iterator[answers.WaitingApproval]:
    """Yield the pending approvals of a stage."""
    for action in stage.get("actionStates", ()):
        latest = action.get("latestExecution", {})
        if codepipelines.awaits_decision(action):
            yield {
                "stage": stage["stageName"],
                "action": action["actionName"],
                "since": latest.get("lastStatusChange"),
                "execution": stage.get("latestExecution", {}).get("pipelineExecutionId"),
            }
