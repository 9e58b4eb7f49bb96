# SPDX-License-Identifier: Apache-2.0
"""Executions of a pipeline's actions.

https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ListActionExecutions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from orchestrator.aws.calls import calling, client


@dataclass(frozen=True)
class ActionExecution:
    """Execution of an action; fields that CodePipeline leaves out are empty."""

    id: str
    stage: str
    action: str
    category: str
    provider: str
    status: str
    started_at: datetime
    lasted: timedelta
    """Time until its latest change."""
    error: str
    summary: str
    external_id: str
    """Id of its work in another service: the ARN of a stack, the id of a build."""

    @classmethod
    def of(cls, detail: Mapping[str, Any]) -> Self:
        """Read an entry of ListActionExecutions."""
        type_ = detail.get("input", {}).get("actionTypeId", {})
        result = detail.get("output", {}).get("executionResult", {})
        return cls(
            id=detail["actionExecutionId"],
            stage=detail["stageName"],
            action=detail["actionName"],
            category=type_.get("category", ""),
            provider=type_.get("provider", ""),
            status=detail["status"],
            started_at=detail["startTime"],
            lasted=detail.get("lastUpdateTime", detail["startTime"]) - detail["startTime"],
            error=result.get("errorDetails", {}).get("message", ""),
            summary=result.get("externalExecutionSummary", ""),
            external_id=result.get("externalExecutionId", ""),
        )


def newest_failed(pipeline: str, execution_id: str, action_execution_id: str = "") -> ActionExecution | None:
    """Return the action of an execution that failed last, or the one with that id; `None` if there is none."""
    with calling(f"list the actions of {pipeline}"):
        for detail in _newest_first(pipeline, execution_id):
            if detail["status"] == "Failed" and action_execution_id in ("", detail["actionExecutionId"]):
                return ActionExecution.of(detail)
    return None


def _newest_first(pipeline: str, execution_id: str) -> Iterator[Mapping[str, Any]]:
    paginator = client("codepipeline").get_paginator("list_action_executions")
    for page in paginator.paginate(pipelineName=pipeline, filter={"pipelineExecutionId": execution_id}):
        yield from page["actionExecutionDetails"]
