# SPDX-License-Identifier: Apache-2.0
"""State of a pipeline for people, from the answer of `POST /pipelinestatus`.

https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_GetPipelineState.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

WAITING: Final = "Waiting"
_RUNNING: Final = "InProgress"
_GOOD_END: Final = "Succeeded"
_BAD_ENDS: Final = frozenset({"Failed", "Stopped", "Cancelled", "Abandoned"})
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class ActionStatus:
    """Action of a stage. `detail` is the reason of a failure, or the action's own summary."""

    stage: str
    action: str
    status: str
    detail: str

    def description(self) -> dict[str, str]:
        """Return the action as JSON output has it."""
        return {"stage": self.stage, "action": self.action, "status": self.status, "detail": self.detail}


@dataclass(frozen=True)
class Approval:
    """Approval at the end of a stage, before the next one is deployed. `status` is that of its latest execution."""

    stage: str
    action: str
    """Name of the action, after the stage that it opens."""
    status: str
    token: str
    execution: str
    """Execution that is, or was last, in the stage."""
    behind: str
    """Execution that waits for the stage to become free; empty if there is none."""
    by: str
    """ARN of the person who decided."""
    words: str
    """Comment or reason of that person."""

    @property
    def target(self) -> str:
        """Stage that would be deployed next, such as `staging`."""
        return self.action.removeprefix("Deploy").lower()

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for a decision now."""
        return self.status == _RUNNING and bool(self.token)

    @property
    def story(self) -> str:
        """Sentence about the state of the approval."""
        if self.status == _RUNNING:
            return "waits for a person to approve or reject it"
        if not self.by:
            return self.words
        verb = "approved" if self.status == _GOOD_END else "rejected"
        return f"{verb} by {self.by.rsplit(':', maxsplit=1)[-1]}{f': {self.words}' if self.words else ''}"


@dataclass(frozen=True)
class PipelineStatus:
    """Newest execution of a pipeline."""

    pipeline: str
    """Name of the CodePipeline; empty while its stack is being created."""
    execution: str
    message: str
    """Message to show if there are no actions."""
    stack_status: str
    stages: tuple[tuple[str, str], ...]
    """Name and status of each stage."""
    actions: tuple[ActionStatus, ...]
    approvals: tuple[Approval, ...]
    """Approvals of any execution: an older one may still wait for its decision."""

    def is_of(self, execution: str | None) -> bool:
        """Whether an execution is the newest."""
        return execution is not None and self.execution == execution

    @property
    def waiting(self) -> tuple[Approval, ...]:
        """Approvals that wait for a decision."""
        return tuple(approval for approval in self.approvals if approval.is_waiting)

    @property
    def needs_person(self) -> bool:
        """Whether this execution needs a decision to go on, about itself or about the one that it waits behind."""
        return any(self.execution in (approval.execution, approval.behind) for approval in self.waiting)

    @property
    def was_rejected(self) -> bool:
        """Whether it failed because an approver rejected it."""
        failed = {(action.stage, action.action) for action in self.actions if action.status == "Failed"}
        return any((approval.stage, approval.action) in failed and bool(approval.by) for approval in self.approvals)

    @property
    def has_failed(self) -> bool:
        """Whether it ended without deploying everything."""
        if not self.pipeline:
            return bool(self.stack_status) and not self.stack_status.endswith("_IN_PROGRESS")
        return any(status in _BAD_ENDS for _, status in self.stages)

    @property
    def has_succeeded(self) -> bool:
        """Whether every stage is done."""
        return bool(self.stages) and all(status == _GOOD_END for _, status in self.stages)

    @property
    def has_ended(self) -> bool:
        """Whether it will not change any more."""
        return self.has_failed or self.has_succeeded


def read(answer: Mapping[str, Any]) -> PipelineStatus:
    """Parse an answer with status 200."""
    stages = answer.get("stageStates", [])
    newest = _execution_of(stages[0]) if stages else {}
    execution = newest.get("pipelineExecutionId", "")
    approvals = tuple(_approvals(stages))
    return PipelineStatus(
        pipeline=answer.get("pipelineName", ""),
        execution=execution,
        message=answer.get("message", ""),
        stack_status=answer.get("stack_status", ""),
        stages=tuple((stage["stageName"], _stage_status(stage, execution)) for stage in stages),
        actions=tuple(_actions(stages, execution, approvals)),
        approvals=approvals,
    )


def _execution_of(stage: Mapping[str, Any]) -> Mapping[str, Any]:
    # A stage that waits for another execution to leave it has its own in `inboundExecution`.
    found: Mapping[str, Any] = stage.get("inboundExecution") or stage.get("latestExecution") or {}
    return found


def _stage_status(stage: Mapping[str, Any], execution: str) -> str:
    latest = stage.get("latestExecution") or {}
    # A stage that the newest execution has not reached still shows an earlier one.
    return str(latest.get("status", WAITING)) if latest.get("pipelineExecutionId") == execution else WAITING


def _actions(
    stages: Sequence[Mapping[str, Any]], execution: str, approvals: Sequence[Approval]
) -> Iterator[ActionStatus]:
    """Yield the actions in order. Those that the execution has not reached are waiting, whatever they did before."""
    stories = {(approval.stage, approval.action): approval.story for approval in approvals}
    last_change = _LONG_AGO
    for stage, action in _each_action(stages):
        latest = action.get("latestExecution") or {}
        changed = _time_of(latest) or last_change
        # CodePipeline does not report the execution of an action's state. The actions of our pipelines run one after
        # another, so a state older than that of the action before it belongs to an earlier execution.
        reached = bool(latest) and _stage_status(stage, execution) != WAITING and changed >= last_change
        place = stage["stageName"], action["actionName"]
        if not reached:
            yield ActionStatus(*place, WAITING, "")
            continue
        last_change = changed
        yield ActionStatus(*place, str(latest.get("status", WAITING)), stories.get(place) or _detail(latest))


def _approvals(stages: Sequence[Mapping[str, Any]]) -> Iterator[Approval]:
    names = {stage["stageName"] for stage in stages}
    for stage, action in _each_action(stages):
        # GetPipelineState does not report an action's category. An approval has the name of the stage that it opens.
        if action["actionName"] in names:
            latest = action.get("latestExecution") or {}
            yield Approval(
                stage=stage["stageName"],
                action=action["actionName"],
                status=latest.get("status", WAITING),
                token=latest.get("token", ""),
                execution=(stage.get("latestExecution") or {}).get("pipelineExecutionId", ""),
                behind=(stage.get("inboundExecution") or {}).get("pipelineExecutionId", ""),
                by=latest.get("lastUpdatedBy", ""),
                words=latest.get("summary") or _detail(latest),
            )


def _each_action(stages: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    return ((stage, action) for stage in stages for action in stage.get("actionStates", []))


def _time_of(latest: Mapping[str, Any]) -> datetime | None:
    told = latest.get("lastStatusChange")
    return datetime.fromisoformat(told) if told else None


def _detail(latest: Mapping[str, Any]) -> str:
    error = latest.get("errorDetails") or {}
    return str(error.get("message") or latest.get("summary") or "")
