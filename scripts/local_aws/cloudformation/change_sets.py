# SPDX-License-Identifier: Apache-2.0
"""Change sets: changes that a new definition would make to a stack, stored until they are executed.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from moto.cloudformation.exceptions import CloudFormationError, ValidationError
from moto.cloudformation.utils import generate_changeset_id

from scripts.local_aws.cloudformation import stack_plan
from scripts.local_aws.cloudformation.resources import registry
from scripts.local_aws.cloudformation.resources.base import ResourceFailedError
from scripts.local_aws.cloudformation.stack_plan import Plan, Planned
from scripts.local_aws.cloudformation.stacks import ChangeSet, Definition, Stack, StackResource

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")


class ChangeSetNotFoundError(CloudFormationError):
    """Raised if there is no change set of that name."""

    code = "ChangeSetNotFound"


class InvalidChangeSetStatusError(CloudFormationError):
    """Raised for a change set that cannot be executed in its state."""

    code = "InvalidChangeSetStatus"


class AlreadyExistsError(CloudFormationError):
    """Raised if there is a change set of that name already."""

    code = "AlreadyExistsException"


def create(stack: Stack, change_set: ChangeSet) -> None:
    """Add a change set to its stack; one without changes is added as FAILED."""
    if not _NAME.fullmatch(change_set.name):
        raise ValidationError(
            message=f"1 validation error detected: Value '{change_set.name}' at 'changeSetName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )
    if change_set.name in stack.change_sets:
        raise AlreadyExistsError(f"ChangeSet {change_set.name} already exists")
    if change_set.kind == "UPDATE" and not differs(stack, change_set.definition):
        change_set.status, change_set.execution_status = "FAILED", "UNAVAILABLE"
        change_set.reason = NO_CHANGES
    stack.change_sets[change_set.name] = change_set


def new_id(stack: Stack, name: str) -> str:
    """Return the ARN of a new change set."""
    return str(generate_changeset_id(name, stack.region, stack.account))


def find(stack: Stack, name_or_id: str) -> ChangeSet:
    """Return a change set of a stack by name or ARN."""
    for change_set in stack.change_sets.values():
        if name_or_id in (change_set.name, change_set.change_set_id):
            return change_set
    raise ChangeSetNotFoundError(f"ChangeSet [{name_or_id}] does not exist")


def check_executable(change_set: ChangeSet) -> None:
    """Refuse a change set that has no changes or was executed already."""
    if change_set.execution_status != "AVAILABLE":
        raise InvalidChangeSetStatusError(
            f"ChangeSet [{change_set.change_set_id}] cannot be executed in its current status of [{change_set.status}]"
        )


def differs(stack: Stack, new: Definition) -> bool:
    """Whether an update would change resources, outputs, tags or parameter values.

    A change of only a description or metadata is none, as in CloudFormation.
    """
    old = stack.definition
    if (old.tags, old.parameters) != (new.tags, new.parameters):
        return True
    before, after = (stack_plan.make(one, stack.stack_id) for one in (old, new))
    return before.outputs != after.outputs or bool(changes(stack, before, after))


def changes(stack: Stack, before: Plan, after: Plan) -> list[dict[str, Any]]:
    """Return the changes in DescribeChangeSet's form, compared before the values of new resources are known."""
    found = [
        _change("Add", name, wanted.type) for name, wanted in after.resources.items() if name not in before.resources
    ]
    for name, wanted in after.resources.items():
        present = before.resources.get(name)
        if present is not None and _content(present) != _content(wanted):
            resource = stack.resources.get(name)
            found.append(
                _change("Modify", name, wanted.type, resource)
                | {"Replacement": str(_replaces(present, wanted)), "Scope": ["Properties"], "Details": []}
            )
    for name, present in before.resources.items():
        if name not in after.resources:
            found.append(_change("Remove", name, present.type, stack.resources.get(name)))
    return [{"Type": "Resource", "ResourceChange": change} for change in found]


def _content(planned: Planned) -> tuple[str, dict[str, Any]]:
    return planned.type, planned.properties


def _change(action: str, logical_id: str, kind: str, resource: StackResource | None = None) -> dict[str, Any]:
    change: dict[str, Any] = {"Action": action, "LogicalResourceId": logical_id, "ResourceType": kind}
    if resource is not None:
        change["PhysicalResourceId"] = resource.physical_id
    return change


def _replaces(present: Planned, wanted: Planned) -> bool:
    try:
        needs_replacement: Callable[[Any, Any], bool] = registry.find(wanted.type).needs_replacement
    except ResourceFailedError:
        return False
    return needs_replacement(present.properties, wanted.properties)
