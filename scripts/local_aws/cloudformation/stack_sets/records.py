# SPDX-License-Identifier: Apache-2.0
"""Records of stack sets: their definitions, instances and operations.

Terms and states are those of
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-concepts.html
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.cloudformation.exceptions import CloudFormationError, StackSetNotFoundException
from moto.cloudformation.models import cloudformation_backends
from moto.cloudformation.utils import generate_stackset_arn

from scripts.local_aws.cloudformation.stacks import Definition

ACTIVE = "ACTIVE"
DELETED = "DELETED"
# Sets can be read while an operation works on them. This guards what must fit together: whether an operation may
# begin, and which instances there are. Nothing is deployed under it.
changing = threading.RLock()


class NameAlreadyExistsError(CloudFormationError):
    """Raised if a new stack set has the name of another."""

    code = "NameAlreadyExistsException"


class OperationIdAlreadyExistsError(CloudFormationError):
    """Raised if an operation id was already used for the stack set."""

    code = "OperationIdAlreadyExistsException"


class OperationInProgressError(CloudFormationError):
    """Raised if another operation on the stack set is running."""

    code = "OperationInProgressException"


class OperationNotFoundError(CloudFormationError):
    """Raised if there is no operation of that id."""

    code = "OperationNotFoundException"


class InvalidOperationError(CloudFormationError):
    """Raised if the operation's state does not allow the request."""

    code = "InvalidOperationException"


class StackInstanceNotFoundError(CloudFormationError):
    """Raised if there is no instance in that account and Region."""

    code = "StackInstanceNotFoundException"


@dataclass
class StackInstance:
    """A stack set's stack in one account and Region. `stack_id` is empty before there is a stack."""

    account: str
    region: str
    unit_id: str
    stack_id: str = ""
    status: str = "OUTDATED"
    detailed_status: str = "PENDING"
    reason: str | None = None
    last_operation_id: str = ""


@dataclass
class Result:
    """Result of an operation in one account and Region."""

    instance: StackInstance
    status: str = "PENDING"
    reason: str | None = None


@dataclass
class Operation:
    """Change of a stack set's instances.

    `select` enters the change in the set and names the instances that it concerns, once it is known that nothing else
    is under way.
    """

    operation_id: str
    action: str
    select: Callable[[], list[StackInstance]]
    preferences: Mapping[str, Any] = field(default_factory=dict)
    targets: Mapping[str, Any] = field(default_factory=dict)
    retain_stacks: bool = False
    status: str = "RUNNING"
    results: list[Result] = field(default_factory=list)
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None

    @property
    def failures(self) -> int:
        """Number of accounts and Regions in which it has failed so far."""
        return sum(result.status == "FAILED" for result in self.results)


@dataclass
class StackSet:
    """A stack set of an Organization; `account` is the management account, whoever operates it."""

    stack_set_id: str
    name: str
    account: str
    region: str
    definition: Definition
    description: str | None = None
    token: str | None = None
    status: str = ACTIVE
    instances: dict[tuple[str, str], StackInstance] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The set's ARN."""
        return str(generate_stackset_arn(self.stack_set_id, self.region, self.account))

    @property
    def unit_ids(self) -> list[str]:
        """The OUs that the instances were made for."""
        return sorted({instance.unit_id for instance in self.every_instance()})

    def every_instance(self) -> list[StackInstance]:
        """The current instances, oldest first."""
        with changing:
            return list(self.instances.values())

    def instance(self, account: str, region: str) -> StackInstance:
        """The instance in an account and Region. Raises StackInstanceNotFoundError."""
        found = self.instances.get((account, region))
        if found is None:
            raise StackInstanceNotFoundError(
                f"Stack instance for stack set {self.name}, account {account} and region {region} not found"
            )
        return found

    def operation(self, operation_id: str) -> Operation:
        """The operation of an id. Raises OperationNotFoundError."""
        found = self.operations.get(operation_id)
        if found is None:
            raise OperationNotFoundError(f"Operation {operation_id} not found")
        return found


def new_id(name: str) -> str:
    """A stack set's id: `<name>:<uuid>`."""
    return f"{name}:{uuid.uuid4()}"


def add(stack_set: StackSet) -> None:
    """Enter a new set."""
    _sets(stack_set.account, stack_set.region)[stack_set.stack_set_id] = stack_set


def find(account: str, region: str, name_or_id: str) -> StackSet:
    """An active set by name, or any set by id. Raises StackSetNotFoundException."""
    found = find_or_none(account, region, name_or_id) or _sets(account, region).get(name_or_id)
    if found is None:
        raise StackSetNotFoundException(name_or_id)
    return found


def find_or_none(account: str, region: str, name_or_id: str) -> StackSet | None:
    """An active set by name or id."""
    living = (one for one in every(account, region) if one.status == ACTIVE)
    return next((one for one in living if name_or_id in (one.name, one.stack_set_id)), None)


def every(account: str, region: str) -> Iterator[StackSet]:
    """All sets, the deleted ones too."""
    yield from list(_sets(account, region).values())


# The state lives in moto's backend, so that moto's reset forgets it.
def _sets(account: str, region: str) -> dict[str, StackSet]:
    backend: Any = cloudformation_backends[account][region]
    found: dict[str, StackSet] = backend.stacksets
    return found
