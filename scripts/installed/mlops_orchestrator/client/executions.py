# SPDX-License-Identifier: Apache-2.0
"""Executions of a pipeline's CodePipeline: its deployments, from the source to the last stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from mlops_orchestrator.client import html

_APPROVAL: Final = "Approval"
_NO_EXECUTIONS: Final = "PipelineNotFoundException"


@dataclass(frozen=True)
class Run:
    """Execution of a pipeline: one deployment, from the source to the last stage."""

    id: str
    status: str
    started: datetime
    ended: datetime | None
    """Time of the last change of one that has ended."""
    trigger: str


@dataclass(frozen=True)
class Failure:
    """Where and why an execution failed."""

    stage: str
    action: str
    reason: str

    def __str__(self) -> str:
        return f"{self.stage}, {self.action}: {self.reason}"


class Runs(list[Run]):
    """Executions, the newest first."""

    def _repr_html_(self) -> str:
        columns = ("execution", "status", "started", "ended", "trigger")
        return html.table(columns, ((run.id, run.status, run.started, run.ended or "", run.trigger) for run in self))


def of(codepipeline: Any, name: str) -> Runs:
    """Return the executions of a CodePipeline; none of one that is not there."""
    try:
        pages = codepipeline.get_paginator("list_pipeline_executions").paginate(pipelineName=name)
        return Runs(_run(one) for page in pages for one in page["pipelineExecutionSummaries"])
    except ClientError as error:
        if error.response["Error"]["Code"] == _NO_EXECUTIONS:
            return Runs()
        raise


def failure(codepipeline: Any, name: str, run_id: str) -> Failure | None:
    """Return the action of an execution that failed last, with its cause; `None` if none did."""
    pages = codepipeline.get_paginator("list_action_executions").paginate(
        pipelineName=name, filter={"pipelineExecutionId": run_id}
    )
    failed = (one for page in pages for one in page["actionExecutionDetails"] if one["status"] == "Failed")
    found = next(failed, None)
    return _failure(found) if found else None


def _failure(action: Mapping[str, Any]) -> Failure:
    result = action.get("output", {}).get("executionResult", {})
    words = result.get("errorDetails", {}).get("message") or result.get("externalExecutionSummary") or ""
    category = action.get("input", {}).get("actionTypeId", {}).get("category", "")
    by = str(action.get("updatedBy", "")).rsplit(":", maxsplit=1)[-1] if category == _APPROVAL else ""
    parts = (f"rejected by {by}" if by else "", str(words))
    return Failure(action["stageName"], action["actionName"], ": ".join(filter(None, parts)) or "no reason is given")


def _run(summary: Mapping[str, Any]) -> Run:
    status, changed = str(summary["status"]), summary.get("lastUpdateTime")
    trigger = (summary.get("trigger") or {}).get("triggerType", "")
    ended = changed if status not in ("InProgress", "Stopping") else None
    return Run(str(summary["pipelineExecutionId"]), status, summary["startTime"], ended, str(trigger))
