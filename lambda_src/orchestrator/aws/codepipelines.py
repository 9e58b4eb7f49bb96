# SPDX-License-Identifier: Apache-2.0
"""CodePipeline: the state of a pipeline, its executions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestrator.aws.calls import calling, client


@dataclass(frozen=True)
class Execution:
    """The newest execution of a pipeline; `source_version` is empty until its source action has ended."""

    id: str
    status: str
    source_version: str
    started_at: datetime | None

    @property
    def came_to_nothing(self) -> bool:
        """Whether it ended without deploying."""
        return self.status in {"Failed", "Stopped", "Cancelled"}


def newest_execution(pipeline: str) -> Execution | None:
    """The newest execution, or `None` for a pipeline that has not run."""
    with calling(f"list the executions of {pipeline}"):
        answer = client("codepipeline").list_pipeline_executions(pipelineName=pipeline, maxResults=1)
    for summary in answer["pipelineExecutionSummaries"]:
        revisions = summary.get("sourceRevisions", [])
        return Execution(
            id=summary["pipelineExecutionId"],
            status=summary["status"],
            source_version=revisions[0].get("revisionId", "") if revisions else "",
            started_at=summary.get("startTime"),
        )
    return None


def start(pipeline: str, request_token: str) -> None:
    """Start an execution; calls with the same token start one."""
    with calling(f"start the pipeline {pipeline}"):
        client("codepipeline").start_pipeline_execution(name=pipeline, clientRequestToken=request_token)


def state(pipeline: str) -> dict[str, Any]:
    """GetPipelineState's answer as it is."""
    with calling(f"tell the state of {pipeline}"):
        answer: dict[str, Any] = client("codepipeline").get_pipeline_state(name=pipeline)
    return answer
