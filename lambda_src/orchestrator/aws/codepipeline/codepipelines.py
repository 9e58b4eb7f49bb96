# SPDX-License-Identifier: Apache-2.0
"""CodePipeline: the state of a pipeline and its executions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from orchestrator.aws.calls import calling, client
from orchestrator.errors import ServiceRefusedError

if TYPE_CHECKING:
    from orchestrator import answers

NOT_THERE: Final = "PipelineNotFoundException"
"""Error code for a pipeline that does not exist."""
OVERTAKEN: Final = "A newer decision has taken its place."
"""Why an execution is stopped that still waits for an approval."""
_STOPPED_ALREADY: Final = frozenset({"DuplicatedStopRequestException", "PipelineExecutionNotStoppableException"})
# Newer executions supersede older ones, so few run at once.
_LOOKED_AT: Final = 20


@dataclass(frozen=True)
class Execution:
    """An execution of a pipeline; `source_version` is empty until its source action has ended."""

    id: str
    status: str
    source_version: str
    started_at: datetime | None
    trigger: str = ""
    """CodePipeline's name for what started it, e.g. `StartPipelineExecution`."""
    stop_reason: str = ""
    """What was said when it was stopped."""

    @property
    def ended_without_deploying(self) -> bool:
        """True if it ended without deploying."""
        return self.status in {"Failed", "Stopped", "Cancelled"}


def newest_execution(pipeline: str) -> Execution | None:
    """Return the newest execution; `None` for a pipeline that has not run."""
    return next(_executions(pipeline, 1), None)


def execution(pipeline: str, id_: str) -> Execution | None:
    """Return an execution; `None` if it is not among the newest, of which few run at once."""
    return next((one for one in _executions(pipeline, _LOOKED_AT) if one.id == id_), None)


def _executions(pipeline: str, most: int) -> Iterator[Execution]:
    with calling(f"list the executions of {pipeline}"):
        answer = client("codepipeline").list_pipeline_executions(pipelineName=pipeline, maxResults=most)
    for summary in answer["pipelineExecutionSummaries"]:
        revisions = summary.get("sourceRevisions", [])
        yield Execution(
            id=summary["pipelineExecutionId"],
            status=summary["status"],
            source_version=revisions[0].get("revisionId", "") if revisions else "",
            started_at=summary.get("startTime"),
            trigger=summary.get("trigger", {}).get("triggerType", ""),
            stop_reason=summary.get("stopTrigger", {}).get("reason", ""),
        )


def start(pipeline: str, request_token: str) -> None:
    """Start an execution; calls with the same token start one."""
    with calling(f"start the pipeline {pipeline}"):
        client("codepipeline").start_pipeline_execution(name=pipeline, clientRequestToken=request_token)


def stop_running(pipeline: str, reason: str) -> None:
    """Stop every execution that has not ended, without waiting for the work of its actions in other services.

    Nothing happens if there is no such pipeline.
    """
    try:
        listed = list(_executions(pipeline, _LOOKED_AT))
    except ServiceRefusedError as error:
        if error.code == NOT_THERE:
            return
        raise
    for one in listed:
        if one.status == "InProgress":
            _stop(pipeline, one.id, reason)


def stop_waiting(pipeline: str) -> list[str]:
    """Stop executions that wait for a decision although a newer one has begun; return their ids.

    Nothing else that they do is interrupted: an execution that deploys goes on.
    """
    newest = newest_execution(pipeline)
    if newest is None:
        return []
    waiting = {
        stage["latestExecution"]["pipelineExecutionId"]
        for stage in state(pipeline)["stageStates"]
        if any(awaits_decision(action) for action in stage["actionStates"])
    }
    older = sorted(waiting - {newest.id})
    for one in older:
        _stop(pipeline, one, OVERTAKEN)
    return older


def was_overtaken(pipeline: str, id_: str) -> bool:
    """True if an execution was stopped because a newer decision has taken its place."""
    found = execution(pipeline, id_)
    return found is not None and found.stop_reason == OVERTAKEN


def _stop(pipeline: str, execution: str, reason: str) -> None:
    try:
        with calling(f"stop the execution {execution} of {pipeline}"):
            client("codepipeline").stop_pipeline_execution(
                pipelineName=pipeline, pipelineExecutionId=execution, abandon=True, reason=reason
            )
    except ServiceRefusedError as error:
        if error.code not in _STOPPED_ALREADY:
            raise


def names() -> list[str]:
    """Return the sorted names of all pipelines of the account in this Region, a thousand at most."""
    with calling("list the pipelines"):
        pages = client("codepipeline").get_paginator("list_pipelines").paginate()
        return sorted(pipeline["name"] for page in pages for pipeline in page["pipelines"])


def tags(pipeline_arn: str) -> dict[str, str]:
    """Return the tags of a pipeline, which include those of its stack."""
    with calling(f"list the tags of {pipeline_arn}"):
        pages = client("codepipeline").get_paginator("list_tags_for_resource").paginate(resourceArn=pipeline_arn)
        return {tag["key"]: tag["value"] for page in pages for tag in page["tags"]}


def awaits_decision(action: Mapping[str, Any]) -> bool:
    """True if the action waits for an approval or rejection; no other action's state has a token."""
    latest = action.get("latestExecution", {})
    return bool(latest.get("token")) and latest.get("status") == "InProgress"


def state(pipeline: str) -> answers.PipelineState:
    """Return the response of GetPipelineState, without what boto3 adds of HTTP."""
    with calling(f"tell the state of {pipeline}"):
        answer: dict[str, Any] = client("codepipeline").get_pipeline_state(name=pipeline)
    told: Any = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    state: answers.PipelineState = told
    return state


def state_and_execution(pipeline: str) -> tuple[answers.PipelineState | None, Execution | None]:
    """Return the state and the newest execution; `None` for both if there is no such pipeline.

    The execution is read first: when it has ended, the state has its end and the reason, too.
    """
    try:
        newest = newest_execution(pipeline)
        return state(pipeline), newest
    except ServiceRefusedError as error:
        if error.code == NOT_THERE:
            return None, None
        raise
