# SPDX-License-Identifier: Apache-2.0
"""The state of a pipeline as a person wants to see it, from the answer of `POST /pipelinestatus`.

https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_GetPipelineState.html
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

WAITING: Final = "Waiting"
_GOOD_END: Final = "Succeeded"
_BAD_ENDS: Final = frozenset({"Failed", "Stopped", "Cancelled", "Abandoned"})
_POLL_SECONDS: Final = (0.3, 5.0)
_POLL_GROWTH: Final = 1.3
_NEW_EXECUTION_SECONDS: Final = 60
_LONGEST_WATCH_SECONDS: Final = 24 * 3600


@dataclass(frozen=True)
class ActionStatus:
    """One action of a stage; `detail` is the reason of a failure or what the action says of itself."""

    stage: str
    action: str
    status: str
    detail: str

    def description(self) -> dict[str, str]:
        """The action for a machine."""
        return {"stage": self.stage, "action": self.action, "status": self.status, "detail": self.detail}


@dataclass(frozen=True)
class PipelineStatus:
    """The newest execution of a pipeline."""

    pipeline: str
    """Name of the CodePipeline; empty while its stack is being created."""
    execution: str
    message: str
    """What to say when there are no actions to show."""
    stack_status: str
    stages: tuple[tuple[str, str], ...]
    """Name and status of each stage."""
    actions: tuple[ActionStatus, ...]

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
        """Whether nothing more will happen by itself."""
        return self.has_failed or self.has_succeeded


def read(answer: Mapping[str, Any]) -> PipelineStatus:
    """Understand an answer with status 200."""
    stages = answer.get("stageStates", [])
    newest = _execution_of(stages[0]) if stages else {}
    execution = newest.get("pipelineExecutionId", "")
    return PipelineStatus(
        pipeline=answer.get("pipelineName", ""),
        execution=execution,
        message=answer.get("message", ""),
        stack_status=answer.get("stack_status", ""),
        stages=tuple((stage["stageName"], _stage_status(stage, execution)) for stage in stages),
        actions=tuple(
            _action(stage, action, execution) for stage in stages for action in stage.get("actionStates", [])
        ),
    )


def watch(ask: Callable[[], PipelineStatus], before: str | None = None) -> Iterator[PipelineStatus]:
    """Give the status again and again until the pipeline has ended, after a day at the latest.

    `before` is an execution that is over: another one is expected to begin within a minute.
    """
    pause, longest = _POLL_SECONDS
    started = time.monotonic()
    while time.monotonic() - started < _LONGEST_WATCH_SECONDS:
        status = ask()
        is_old = before is not None and status.execution == before
        if not is_old or time.monotonic() - started > _NEW_EXECUTION_SECONDS:
            yield status
            if status.has_ended:
                return
        threading.Event().wait(pause)
        pause = min(pause * _POLL_GROWTH, longest)


def _execution_of(stage: Mapping[str, Any]) -> Mapping[str, Any]:
    # A stage that waits for another execution to leave it names its own in `inboundExecution`.
    found: Mapping[str, Any] = stage.get("inboundExecution") or stage.get("latestExecution") or {}
    return found


def _stage_status(stage: Mapping[str, Any], execution: str) -> str:
    latest = stage.get("latestExecution") or {}
    # A stage that the newest execution has not reached still tells of an earlier one.
    return str(latest.get("status", WAITING)) if latest.get("pipelineExecutionId") == execution else WAITING


def _action(stage: Mapping[str, Any], action: Mapping[str, Any], execution: str) -> ActionStatus:
    reached = _stage_status(stage, execution) != WAITING
    latest = action.get("latestExecution") or {}
    status = str(latest.get("status", WAITING)) if reached else WAITING
    return ActionStatus(stage["stageName"], action["actionName"], status, _detail(latest) if reached else "")


def _detail(latest: Mapping[str, Any]) -> str:
    error = latest.get("errorDetails") or {}
    return str(error.get("message") or latest.get("summary") or "")
