# SPDX-License-Identifier: Apache-2.0
"""Update of a stack: changes in place, replacements, removals last, and the rollback if a step fails.

The order is CloudFormation's: no old resource is removed before everything new works, so that a rollback can go back
to the old resources.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from scripts.local_aws.cloudformation import stack_plan
from scripts.local_aws.cloudformation.operations import CancelledError, remove_all
from scripts.local_aws.cloudformation.resources.base import words
from scripts.local_aws.cloudformation.stack_plan import Plan, Planned
from scripts.local_aws.cloudformation.stacks import DELETED, Definition, StackResource
from scripts.local_aws.cloudformation.work import StackWork, StepFailedError

_REPLACING = "Requested update requires the creation of a new physical resource; hence creating one."


@dataclass
class _Journal:
    """Record of what an update has done so far."""

    old: Definition
    made: list[StackResource] = field(default_factory=list)
    replaced: list[StackResource] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)


def update(work: StackWork, plan: Plan, new: Definition, roll_back: bool) -> None:
    """Change the stack to a new definition. On failure, roll back if `roll_back` is true."""
    stack = work.stack
    journal = _Journal(stack.definition)
    outputs = stack.outputs
    stack.definition = new
    try:
        for logical_id, planned in plan.resources.items():
            if stack.cancelled.is_set():
                raise CancelledError
            _apply(work, journal, logical_id, planned)
        stack.outputs = work.outputs(new)
    except Exception as error:
        reason = _reason(error)
        if not roll_back:
            stack.note("UPDATE_FAILED", reason)
            return
        stack.note("UPDATE_ROLLBACK_IN_PROGRESS", reason)
        stack.outputs = outputs
        _roll_back(work, journal)
    else:
        stack.note("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        _clean_up(work, plan, journal)
        stack.note("UPDATE_COMPLETE")
    stack.updated = datetime.now(UTC)


def _reason(error: Exception) -> str:
    if isinstance(error, StepFailedError):
        return f"The following resource(s) failed to update: [{error.logical_id}]. "
    if isinstance(error, CancelledError):
        return "Resource update cancelled"
    return words(error)


def _apply(work: StackWork, journal: _Journal, logical_id: str, planned: Planned) -> None:
    resource = work.stack.resources.get(logical_id)
    if resource is None or resource.made is None or resource.status == DELETED:
        journal.made.append(_enter(work, journal, logical_id, planned))
        return
    try:
        properties = work.properties(work.stack.definition, planned.definition)
        retag = journal.old.tags != work.stack.definition.tags and work.follows_stack_tags(resource)
        changed = retag or properties != resource.properties
        if planned.type != resource.type:
            raise ValueError(f"Update of resource type is not permitted. The new template modifies resource type of "
                             f"the following resources: [{logical_id}]")  # fmt: skip
        replace = changed and work.needs_replacement(resource, properties)
    except Exception as error:
        raise work.fail(resource, "UPDATE", error) from error
    if replace:
        journal.replaced.append(resource)
        journal.made.append(_enter(work, journal, logical_id, planned, _REPLACING))
        return
    if changed or resource.status.endswith("_FAILED"):
        journal.touched.add(logical_id)
        work.change(resource, properties)
    resource.definition = planned.definition


def _enter(
    work: StackWork, journal: _Journal, logical_id: str, planned: Planned, replacing: str | None = None
) -> StackResource:
    try:
        return work.make(logical_id, planned, "UPDATE" if replacing else "CREATE", replacing)
    except StepFailedError:
        # If part of it exists, a rollback of the update has to remove it.
        journal.made.append(work.stack.resources[logical_id])
        raise


def _clean_up(work: StackWork, plan: Plan, journal: _Journal) -> None:
    """Remove resources that are no longer wanted. If that fails, they stay and the update succeeds, as on AWS."""
    remove_all(work, journal.replaced, "UpdateReplacePolicy")
    gone = [resource for name, resource in work.stack.resources.items() if name not in plan.resources]
    remove_all(work, gone)
    for resource in gone:
        del work.stack.resources[resource.logical_id]


def _roll_back(work: StackWork, journal: _Journal) -> None:
    stack = work.stack
    stack.definition = journal.old
    for resource in journal.made:
        stack.resources.pop(resource.logical_id, None)
    stack.resources.update({resource.logical_id: resource for resource in journal.replaced})
    plan = stack_plan.make(journal.old, stack.stack_id)
    try:
        for logical_id, planned in plan.resources.items():
            _restore(work, journal, logical_id, planned)
    except StepFailedError as failure:
        stack.note("UPDATE_ROLLBACK_FAILED", f"The following resource(s) failed to update: [{failure.logical_id}]. ")
        return
    stack.note("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
    remove_all(work, journal.made)
    stack.note("UPDATE_ROLLBACK_COMPLETE")


def _restore(work: StackWork, journal: _Journal, logical_id: str, planned: Planned) -> None:
    resource = work.stack.resources.get(logical_id)
    if resource is None:
        return
    properties = work.properties(work.stack.definition, planned.definition)
    # moto's model may have come back under another id, which the resources that refer to it have to follow.
    if logical_id in journal.touched or properties != resource.properties:
        work.change(resource, properties)
    elif resource.status == "UPDATE_FAILED":
        work.stack.note_resource(resource, "UPDATE_COMPLETE")
    resource.definition = planned.definition
