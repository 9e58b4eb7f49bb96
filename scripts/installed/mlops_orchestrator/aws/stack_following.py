# SPDX-License-Identifier: Apache-2.0
"""Events and state of a stack, followed while CloudFormation works on it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

_FIRST_PAUSE_SECONDS: Final = 0.2
_LONGEST_PAUSE_SECONDS: Final = 3.0
_PAUSE_GROWTH: Final = 1.5
_LONGEST_FOLLOWING_SECONDS: Final = 3 * 3600
# The reason of a resource that was given up because another one failed does not name the cause.
_CONSEQUENCES: Final = ("cancelled", "The following resource(s) failed")

_NEVER_CAME_TO_BE: Final = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"})


class StackFailedError(Exception):
    """Raised if a stack did not reach its target state; `str()` names the first cause and what to do."""


@dataclass(frozen=True)
class StackEvent:
    """Event in a stack's history."""

    id: str
    at: datetime
    logical_id: str
    resource_type: str
    status: str
    reason: str
    of_stack: bool
    """Whether the event is about the stack itself, not one of its resources."""

    @property
    def is_failure(self) -> bool:
        """Whether the event reports a failure."""
        return self.status.endswith("_FAILED")

    def description(self) -> dict[str, str]:
        """Return the event as JSON output has it."""
        return {
            "time": self.at.isoformat(),
            "resource": self.logical_id,
            "type": self.resource_type,
            "status": self.status,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class StackState:
    """State of a stack, from CloudFormation's description."""

    arn: str
    name: str
    status: str
    reason: str
    outputs: dict[str, str]
    parameters: dict[str, str]
    tags: dict[str, str]

    @property
    def never_came_to_be(self) -> bool:
        """Whether its creation failed: CloudFormation then only allows its deletion."""
        return self.status in _NEVER_CAME_TO_BE

    @property
    def has_values(self) -> bool:
        """Whether it has parameters and tags of an earlier deployment, which an update can keep."""
        return not self.never_came_to_be and self.status != "REVIEW_IN_PROGRESS"

    @property
    def is_changing(self) -> bool:
        """Whether CloudFormation is working on it; false for a stack that waits for its first change set."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"


def name_in(arn: str) -> str:
    """Return the name of a stack from its ARN; a name unchanged."""
    return arn.rsplit(":stack/", maxsplit=1)[-1].split("/", maxsplit=1)[0]


def find(cloudformation: Any, name_or_arn: str) -> StackState | None:
    """Describe a stack; return None if there is none of that name."""
    try:
        (found,) = cloudformation.describe_stacks(StackName=name_or_arn)["Stacks"]
    except cloudformation.exceptions.ClientError as error:
        answer = error.response["Error"]
        if answer["Code"] == "ValidationError" and "does not exist" in answer["Message"]:
            return None
        raise
    return _state(found)


def every(cloudformation: Any, prefix: str) -> list[StackState]:
    """Return the existing stacks whose names start with `prefix`, sorted by name."""
    pages = cloudformation.get_paginator("describe_stacks").paginate()
    found = (_state(stack) for page in pages for stack in page["Stacks"] if stack["StackName"].startswith(prefix))
    return sorted(found, key=lambda state: state.name)


def names(cloudformation: Any, prefix: str) -> list[str]:
    """Return the names of the existing stacks that start with `prefix`."""
    return [state.name for state in every(cloudformation, prefix)]


def first_cause(cloudformation: Any, stack_arn: str) -> str:
    """Return the first failure in the whole history of a stack. Raise StackFailedError if there is no such stack."""
    return Follower(cloudformation, stack_arn).explanation()


def working_on(cloudformation: Any, stack: str) -> tuple[str, ...]:
    """Return the logical ids of what CloudFormation changes in a stack now, in the order in which it began.

    Empty for a stack that does not exist, or that is at rest. Looks at the newest page of its events only.
    """
    try:
        entries = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    except cloudformation.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return ()
        raise
    working = dict[str, None]()
    ended = set[str]()
    for event in map(_event, entries):
        if _starts_an_operation(event):
            break
        if event.of_stack or event.logical_id in ended:
            continue
        if event.status.endswith("_IN_PROGRESS"):
            working[event.logical_id] = None
        else:
            ended.add(event.logical_id)
    return tuple(reversed(working))


class Follower:
    """Follower of one stack. Events before its creation are ignored."""

    def __init__(self, cloudformation: Any, stack_arn: str) -> None:
        self._cloudformation = cloudformation
        self._arn = stack_arn
        self._told: set[str] = set()
        self.failures: list[StackEvent] = []

    def skip_history(self) -> None:
        """Mark all events up to now as seen."""
        self._told.update(event.id for event in self.history())

    def skip_earlier_operations(self) -> None:
        """Mark all events of operations before the running one as seen."""
        history = list(self.history())
        starts = [index for index, event in enumerate(history) if _starts_an_operation(event)]
        if starts:
            self._told.update(event.id for event in history[starts[0] + 1 :])

    def events(self) -> Iterator[StackEvent]:
        """Yield each event once, in order, until CloudFormation has finished.

        Polls often while events come, seldom otherwise. Raises StackFailedError after three hours.
        """
        pause = _FIRST_PAUSE_SECONDS
        deadline = time.monotonic() + _LONGEST_FOLLOWING_SECONDS
        while time.monotonic() < deadline:
            # Read before the events, so that the events that led to the last state are seen when the loop ends.
            changing = self.state().is_changing
            news = self._news()
            yield from news
            if not changing:
                return
            pause = _FIRST_PAUSE_SECONDS if news else min(pause * _PAUSE_GROWTH, _LONGEST_PAUSE_SECONDS)
            threading.Event().wait(pause)
        raise StackFailedError("CloudFormation still works on the stack after three hours; run this again to go on")

    def state(self) -> StackState:
        """Return the stack's current state; a deleted stack can still be described by its ARN."""
        found = find(self._cloudformation, self._arn)
        if found is None:
            raise StackFailedError(f"the stack {self._arn} is gone")
        return found

    def explanation(self) -> str:
        """Return the first failure, in AWS's words."""
        self._news()
        causes = [event for event in self.failures if not any(words in event.reason for words in _CONSEQUENCES)]
        for event in causes or self.failures:
            return f"{event.logical_id} ({event.resource_type}) {event.status}: {event.reason or 'no reason given'}"
        return self.state().reason or "CloudFormation gives no reason"

    def _news(self) -> list[StackEvent]:
        fresh = []
        for event in self.history():
            if event.id in self._told:
                break
            fresh.append(event)
        self._told.update(event.id for event in fresh)
        fresh.reverse()
        self.failures += [event for event in fresh if event.is_failure]
        return fresh

    def history(self) -> Iterator[StackEvent]:
        """Yield all events, newest first."""
        for page in self._cloudformation.get_paginator("describe_stack_events").paginate(StackName=self._arn):
            yield from map(_event, page["StackEvents"])


def _event(entry: Mapping[str, Any]) -> StackEvent:
    return StackEvent(
        id=entry["EventId"],
        at=entry["Timestamp"],
        logical_id=entry.get("LogicalResourceId", ""),
        resource_type=entry.get("ResourceType", ""),
        status=entry.get("ResourceStatus", ""),
        reason=entry.get("ResourceStatusReason", ""),
        of_stack=entry.get("PhysicalResourceId") == entry["StackId"],
    )


def _starts_an_operation(event: StackEvent) -> bool:
    return event.of_stack and event.status in {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"}


def _state(found: Mapping[str, Any]) -> StackState:
    return StackState(
        arn=found["StackId"],
        name=found["StackName"],
        status=found["StackStatus"],
        reason=found.get("StackStatusReason", ""),
        outputs={entry["OutputKey"]: entry["OutputValue"] for entry in found.get("Outputs", [])},
        parameters={entry["ParameterKey"]: entry.get("ParameterValue", "") for entry in found.get("Parameters", [])},
        tags={entry["Key"]: entry["Value"] for entry in found.get("Tags", [])},
    )
