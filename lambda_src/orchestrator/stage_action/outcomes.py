# SPDX-License-Identifier: Apache-2.0
"""Outcomes of a stage's job, with the messages that CodePipeline's console shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from orchestrator.aws.cloudformation.stack_sets import Failure, Operation, Targets
from orchestrator.aws.codepipeline.pipeline_jobs import LONGEST_MESSAGE, FailureType
from orchestrator.stage_action.jobs import Stage

SMOKE_TEST_VARIABLE: Final = "SmokeTest"
"""Output variable of every deployment, which the approval of the next stage may show."""
_SHORTEST_ENTRY: Final = 100
"""Characters; shorter reasons are useless, so the list is cut instead."""
_ROOM_FOR_THE_REST: Final = 40


@dataclass(frozen=True)
class Succeeded:
    """The action succeeds."""

    summary: str
    operation: str
    smoke_test: str
    """What the smoke test of the stage has found, in sentences; never empty."""


@dataclass(frozen=True)
class Continued:
    """The action goes on: CodePipeline calls again with the token."""

    summary: str
    operation: str
    token: str


@dataclass(frozen=True)
class Failed:
    """The action fails."""

    message: str
    operation: str = ""
    kind: FailureType = "JobFailed"


Outcome = Succeeded | Continued | Failed


def success(stage: Stage, *, changed: bool) -> str:
    """Return the summary of a stage that has reached its target state."""
    how = "is deployed" if changed else "was up to date; nothing was changed"
    return f"{stage.stackset_name} {how}: {_counted(len(stage.account_ids), 'account')}, {', '.join(stage.regions)}."


def reach(targets: Targets) -> str:
    """Return the number of accounts and the Regions of an operation, in words."""
    return f"{_counted(len(targets.accounts), 'account')} in {', '.join(targets.regions)}"


def failed_operation(stage: Stage, operation: Operation, failures: Sequence[Failure]) -> Failed:
    """Return the failure of an operation, with each account's reason."""
    entries = [f"{failure.account} in {failure.region}: {failure.reason}" for failure in failures]
    if operation.status == "STOPPED":
        head = f"Somebody stopped the operation {operation.id} on {stage.stackset_name}."
    elif entries:
        head = _count_of_failures(stage, len(entries))
    else:
        reason = operation.reason or "CloudFormation names no account and gives no reason"
        head = f"The operation {operation.id} on {stage.stackset_name} failed: {reason}."
    return Failed(listed(head, entries), operation.id)


def impossible(stage: Stage, problems: Sequence[str], operation: str) -> Failed:
    """Return the failure of a stage that no further operation can complete."""
    return Failed(listed(_count_of_failures(stage, len(problems)), problems), operation)


def _count_of_failures(stage: Stage, failed: int) -> str:
    all_stacks = _counted(len(stage.account_ids) * len(stage.regions), "stack")
    return f"{failed} of {all_stacks} of {stage.stackset_name} could not be deployed."


def listed(head: str, entries: Sequence[str], longest: int = LONGEST_MESSAGE) -> str:
    """Return a message with one line for each entry, each shortened evenly, so that the whole fits."""
    room = longest - len(head) - _ROOM_FOR_THE_REST
    each = max(_SHORTEST_ENTRY, room // max(len(entries), 1) - 1)
    shown = [_shortened(entry, each) for entry in entries]
    while sum(len(entry) + 1 for entry in shown) > room:
        shown.pop()
    more = len(entries) - len(shown)
    return "\n".join([head, *shown, *([f"... and {more} more."] if more else [])])[:longest]


def _shortened(entry: str, longest: int) -> str:
    line = " ".join(entry.split())
    return line if len(line) <= longest else f"{line[: longest - 3]}..."


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
