# SPDX-License-Identifier: Apache-2.0
"""Records of CloudFormation: stacks, their resources and their events, found by name or ARN."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import cloudformation_backends
from moto.cloudformation.utils import generate_stack_id

from scripts.local_aws.cloudformation import events as cloudformation_events
from scripts.local_aws.cloudformation.template.template import Template

DELETED = "DELETE_COMPLETE"
_STACK_TYPE = "AWS::CloudFormation::Stack"


@dataclass(frozen=True)
class Definition:
    """Requested state of a stack. `parameters` holds every value as text."""

    body: str
    template: Template
    parameters: dict[str, str]
    tags: dict[str, str]
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True)
class Caller:
    """Caller of an operation: the access key of the request, and the role that CloudFormation assumes, if any."""

    access_key: str
    role_arn: str | None = None


@dataclass
class Made:
    """Result of making a resource: its physical id, the attributes for Fn::GetAtt, the tags last set.

    `model` is moto's object if the type is one of moto's; it then answers Fn::GetAtt itself.
    """

    physical_id: str
    attributes: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    model: Any = None


@dataclass
class StackResource:
    """Resource of a stack, with the properties last applied to it."""

    logical_id: str
    type: str
    properties: dict[str, Any]
    definition: dict[str, Any]
    made: Made | None = None
    status: str = ""
    reason: str | None = None
    changed: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def physical_id(self) -> str:
        """Physical id; empty before there is one."""
        return self.made.physical_id if self.made else ""


@dataclass(frozen=True)
class StackEvent:
    """Entry of DescribeStackEvents."""

    event_id: str
    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str | None
    token: str | None
    at: datetime


@dataclass
class ChangeSet:
    """Change set of a stack. `changes` is in the form of DescribeChangeSet."""

    change_set_id: str
    name: str
    kind: str
    definition: Definition
    role_arn: str | None
    description: str | None
    on_stack_failure: str | None
    changes: list[dict[str, Any]]
    status: str = "CREATE_COMPLETE"
    execution_status: str = "AVAILABLE"
    reason: str | None = None
    created: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class Stack:
    """Stack of an account and Region. After its creation, only the thread of its operation changes it."""

    stack_id: str
    name: str
    account: str
    region: str
    definition: Definition
    role_arn: str | None = None
    status: str = "REVIEW_IN_PROGRESS"
    status_reason: str | None = None
    disable_rollback: bool = False
    termination_protection: bool = False
    resources: dict[str, StackResource] = field(default_factory=dict)
    outputs: list[dict[str, str]] = field(default_factory=list)
    change_sets: dict[str, ChangeSet] = field(default_factory=dict)
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated: datetime | None = None
    deleted: datetime | None = None
    operation: threading.Thread | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    _events: list[StackEvent] = field(default_factory=list)
    _token: str | None = None

    @property
    def tags(self) -> dict[str, str]:
        """Tags of the stack, under the name that moto's tagging API looks for."""
        return self.definition.tags

    def begin(self, token: str | None) -> None:
        """Mark the following events with the request's token."""
        self._token = token

    def note(self, status: str, reason: str | None = None) -> None:
        """Set the stack's status, record it as an event, and emit it to EventBridge."""
        self.status, self.status_reason = status, reason
        self._record(StackResource(self.name, _STACK_TYPE, {}, {}, Made(self.stack_id)), status, reason)
        detail = {"status": status, "status-reason": reason or ""}
        cloudformation_events.stack_changed(self.stack_id, detail, self._token, self.account, self.region)

    def note_resource(self, resource: StackResource, status: str, reason: str | None = None) -> None:
        """Set a resource's status and record it as an event."""
        resource.status, resource.reason, resource.changed = status, reason, datetime.now(UTC)
        self._record(resource, status, reason)

    def _record(self, resource: StackResource, status: str, reason: str | None) -> None:
        prefix = "" if resource.type == _STACK_TYPE else f"{resource.logical_id}-{status}-"
        event = StackEvent(
            prefix + str(uuid.uuid4()), resource.logical_id, resource.physical_id, resource.type, status, reason,
            self._token, datetime.now(UTC),
        )  # fmt: skip
        self._events.append(event)

    def events(self) -> list[StackEvent]:
        """Return the events, newest first."""
        return self._events[::-1]


def find(account: str, region: str, name_or_id: str) -> Stack:
    """Return an existing stack by name, or any stack by ARN. Raise ValidationError if there is none."""
    found = find_or_none(account, region, name_or_id)
    if found is None:
        raise ValidationError(name_or_id)
    return found


def find_or_none(account: str, region: str, name_or_id: str) -> Stack | None:
    """Return an existing stack by name, or any stack by ARN; None if there is none."""
    if name_or_id.startswith("arn:"):
        return _present(account, region).get(name_or_id) or _deleted(account, region).get(name_or_id)
    return next((stack for stack in living(account, region) if stack.name == name_or_id), None)


def living(account: str, region: str) -> Iterator[Stack]:
    """Yield the stacks that are not deleted, newest first."""
    yield from reversed(list(_present(account, region).values()))


def every(account: str, region: str) -> Iterator[Stack]:
    """Yield all stacks, the deleted ones last."""
    yield from living(account, region)
    yield from reversed(list(_deleted(account, region).values()))


def add(account: str, region: str, name: str, definition: Definition) -> Stack:
    """Add a new stack."""
    stack = Stack(generate_stack_id(name, region, account), name, account, region, definition)
    _present(account, region)[stack.stack_id] = stack
    return stack


def discard(stack: Stack) -> None:
    """Remove a stack whose request was refused."""
    _present(stack.account, stack.region).pop(stack.stack_id, None)


def retire(stack: Stack) -> None:
    """Keep a deleted stack, which can then be found only by its ARN."""
    stack.deleted = datetime.now(UTC)
    # Added there before it is removed here: a reader in between still finds it.
    _deleted(stack.account, stack.region)[stack.stack_id] = stack
    _present(stack.account, stack.region).pop(stack.stack_id, None)


# The state is in moto's backend, so that moto's reset and its tagging API find our stacks.
def _present(account: str, region: str) -> dict[str, Stack]:
    backend: Any = cloudformation_backends[account][region]
    found: dict[str, Stack] = backend.stacks
    return found


def _deleted(account: str, region: str) -> dict[str, Stack]:
    backend: Any = cloudformation_backends[account][region]
    found: dict[str, Stack] = backend.deleted_stacks
    return found
