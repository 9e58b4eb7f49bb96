# SPDX-License-Identifier: Apache-2.0
"""Deployment of a stack by a change set, or its deletion. The calls are the same locally and on AWS.

    settle -> prepare (a change set that can be shown) -> execute (events) | delete (events)

An interrupted call is repeated: it follows running operations to their end, uses a change set that waits, and deletes
a stack whose creation failed.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from mlops_orchestrator.aws.stack_following import Follower, StackEvent, StackFailedError, StackState, find
from mlops_orchestrator.settings import hints

_CHANGE_SET_PREFIX: Final = "mlops-"
_POLL_SECONDS: Final = 0.2
_CHANGE_SET_SECONDS: Final = 300
# CloudFormation words this in more than one way.
_NOTHING_TO_CHANGE: Final = ("didn't contain changes", "No updates are to be performed")


class Audience(Protocol):
    """Receiver of progress messages and stack events. Derive from it to have its defaults."""

    def say(self, text: str) -> None:
        """Receive a message."""

    def event(self, event: StackEvent) -> None:
        """Receive a change of state of a stack or resource."""

    def following(self, stack_name: str, resources: int) -> AbstractContextManager[object]:
        """Receive that a stack's events follow in the block; `resources` of it change, 0 if that is not known."""
        return nullcontext()


@dataclass(frozen=True)
class Target:
    """Target of a stack. Parameters that are not given keep their value, or get the template's default."""

    stack_name: str
    template_url: str
    parameters: Mapping[str, str]
    declared: frozenset[str]
    """Names of all parameters that the template has."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """All tags of the stack."""
    role_arn: str = ""
    """Role that CloudFormation assumes. If empty, it uses the stack's role, or else the caller's permissions."""

    def change_set_name(self) -> str:
        """Return the same name for the same target, so that an interrupted deployment finds its change set again."""
        content = repr((self.template_url, sorted(self.parameters.items()), sorted(self.tags.items()), self.role_arn))
        return _CHANGE_SET_PREFIX + hashlib.sha256(content.encode()).hexdigest()[:24]


@dataclass(frozen=True)
class Change:
    """Change of one resource in a change set."""

    action: str
    logical_id: str
    resource_type: str
    replacement: str


@dataclass(frozen=True)
class ChangeSet:
    """Change set that can be executed."""

    arn: str
    stack_arn: str
    creates: bool
    changes: tuple[Change, ...]

    @property
    def stack_name(self) -> str:
        """Name of the stack that it changes."""
        return self.stack_arn.split("/")[1]


def settle(cloudformation: Any, stack_name: str, audience: Audience, role_arn: str = "") -> StackState | None:
    """Wait until the stack no longer changes; return its state, or None if it does not exist.

    Deletes a stack whose creation failed: CloudFormation allows nothing else. Raises StackFailedError.
    """
    state = at_rest(cloudformation, stack_name, audience)
    if state is not None and state.never_came_to_be:
        audience.say(f"The stack {stack_name} is in {state.status}: it never came to be and is deleted.")
        delete(cloudformation, state, audience, role_arn)
        return None
    if state is not None and state.status == "DELETE_FAILED":
        raise StackFailedError(
            f"the stack {stack_name} is in {state.status} ({state.reason or 'no reason given'}): delete what is left of"
            f" it with `{hints.command('destroy')}`, then run this again"
        )
    if state is not None and state.status.endswith("_FAILED"):
        raise StackFailedError(
            f"the stack {stack_name} is in {state.status} ({state.reason or 'no reason given'}): repair it in the"
            " CloudFormation console, for example by continuing the rollback, then run this again"
        )
    return state


def at_rest(cloudformation: Any, stack_name: str, audience: Audience) -> StackState | None:
    """Wait until the stack no longer changes; return its state then, or None if it does not exist."""
    state = find(cloudformation, stack_name)
    if state is not None and state.is_changing:
        audience.say(f"The stack {stack_name} is in {state.status}: following it to its end.")
        follower = Follower(cloudformation, state.arn)
        follower.skip_earlier_operations()
        _tell(follower, audience, stack_name)
        state = find(cloudformation, stack_name)
    return state


def prepare(cloudformation: Any, target: Target, state: StackState | None) -> ChangeSet | None:
    """Make a change set, or find that of an interrupted call; return None if nothing would change."""
    name = target.change_set_name()
    if state is not None:
        _discard_unless_usable(cloudformation, target.stack_name, name)
    creates = state is None or state.status == "REVIEW_IN_PROGRESS"
    if state is None or not _exists(cloudformation, target.stack_name, name):
        cloudformation.create_change_set(
            StackName=target.stack_name,
            ChangeSetName=name,
            ChangeSetType="CREATE" if creates else "UPDATE",
            TemplateURL=target.template_url,
            Parameters=_parameters(target, state),
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
            Tags=[{"Key": key, "Value": value} for key, value in target.tags.items()],
            **_role(target.role_arn),
        )
    found = _finished(cloudformation, target.stack_name, name)
    if found["Status"] == "FAILED":
        reason = found.get("StatusReason", "no reason given")
        cloudformation.delete_change_set(StackName=target.stack_name, ChangeSetName=name)
        if any(words in reason for words in _NOTHING_TO_CHANGE):
            return None
        raise StackFailedError(f"CloudFormation refuses the change: {reason}")
    return ChangeSet(found["ChangeSetId"], found["StackId"], creates, _changes(cloudformation, found["ChangeSetId"]))


def execute(cloudformation: Any, change_set: ChangeSet, audience: Audience) -> StackState:
    """Execute the change set, report its events and return the stack. Raise StackFailedError with the first cause."""
    follower = Follower(cloudformation, change_set.stack_arn)
    follower.skip_history()
    before = follower.state().status
    cloudformation.execute_change_set(ChangeSetName=change_set.arn)
    wait_for(lambda: follower.state().status != before or _has_run(cloudformation, change_set))
    _tell(follower, audience, change_set.stack_name, len(change_set.changes))
    state = follower.state()
    if state.status != ("CREATE_COMPLETE" if change_set.creates else "UPDATE_COMPLETE"):
        raise StackFailedError(f"the stack {state.name} ended in {state.status}. First cause: {follower.explanation()}")
    return state


def delete(cloudformation: Any, state: StackState, audience: Audience, role_arn: str = "") -> None:
    """Delete a stack and report its events. Raise StackFailedError with the first cause."""
    follower = Follower(cloudformation, state.arn)
    follower.skip_history()
    cloudformation.delete_stack(StackName=state.arn, **_role(role_arn))
    _tell(follower, audience, state.name)
    ended = follower.state()
    if ended.status != "DELETE_COMPLETE":
        raise StackFailedError(f"the stack {state.name} ended in {ended.status}. First cause: {follower.explanation()}")


def _tell(follower: Follower, audience: Audience, stack_name: str, resources: int = 0) -> None:
    with audience.following(stack_name, resources):
        for event in follower.events():
            audience.event(event)


def _role(arn: str) -> dict[str, str]:
    return {"RoleARN": arn} if arn else {}


def _parameters(target: Target, state: StackState | None) -> list[dict[str, Any]]:
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in target.parameters.items()]
    previous = set(state.parameters) if state is not None and state.has_values else set[str]()
    kept = (target.declared & previous) - set(target.parameters)
    return given + [{"ParameterKey": key, "UsePreviousValue": True} for key in sorted(kept)]


def _describe(cloudformation: Any, stack_name: str, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = cloudformation.describe_change_set(StackName=stack_name, ChangeSetName=name)
    except cloudformation.exceptions.ClientError as error:
        if "NotFound" in error.response["Error"]["Code"] or "does not exist" in error.response["Error"]["Message"]:
            return None
        raise
    return found


def _exists(cloudformation: Any, stack_name: str, name: str) -> bool:
    return _describe(cloudformation, stack_name, name) is not None


def _discard_unless_usable(cloudformation: Any, stack_name: str, name: str) -> None:
    """Delete a change set of an earlier call that was executed, failed, or is outdated by another change."""
    found = _describe(cloudformation, stack_name, name)
    if found is None or found["Status"] in {"CREATE_PENDING", "CREATE_IN_PROGRESS"}:
        return
    if found["Status"] != "CREATE_COMPLETE" or found.get("ExecutionStatus") != "AVAILABLE":
        cloudformation.delete_change_set(StackName=stack_name, ChangeSetName=name)
        wait_for(lambda: not _exists(cloudformation, stack_name, name))


def _finished(cloudformation: Any, stack_name: str, name: str) -> dict[str, Any]:
    latest: dict[str, Any] = {}

    def is_finished() -> bool:
        latest.update(_describe(cloudformation, stack_name, name) or {})
        return latest.get("Status") in {"CREATE_COMPLETE", "FAILED"}

    wait_for(is_finished)
    return latest


def _changes(cloudformation: Any, arn: str) -> tuple[Change, ...]:
    pages = cloudformation.get_paginator("describe_change_set").paginate(ChangeSetName=arn)
    changes = [entry["ResourceChange"] for page in pages for entry in page["Changes"] if "ResourceChange" in entry]
    return tuple(
        Change(change["Action"], change["LogicalResourceId"], change["ResourceType"], change.get("Replacement", ""))
        for change in changes
    )


def _has_run(cloudformation: Any, change_set: ChangeSet) -> bool:
    """Whether a change set was executed: CloudFormation then reports that, or no longer has it."""
    found = _describe(cloudformation, change_set.stack_arn, change_set.arn)
    return found is None or found.get("ExecutionStatus") == "EXECUTE_COMPLETE"


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds. Raise StackFailedError after five minutes."""
    deadline = time.monotonic() + _CHANGE_SET_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise StackFailedError("CloudFormation did not get on in five minutes; run the same command again to go on")
        threading.Event().wait(_POLL_SECONDS)
