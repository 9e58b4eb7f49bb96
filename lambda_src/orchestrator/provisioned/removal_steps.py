# SPDX-License-Identifier: Apache-2.0
"""The next step of a deletion, decided from the present state and carried out at once.

    the pipeline's stack    -> stop running executions, then delete it: nothing is deployed from then on
    then its deployment     -> delete the stack, or the instances of each stage's StackSet and then the set
    then nothing            -> its objects in the pipelines bucket can be removed

Nothing here waits: CloudFormation's events, or a repeated request, call again. So lost events, and steps that somebody
else carried out, need no special handling.
"""

from __future__ import annotations

from enum import Enum, auto

from orchestrator.aws.cloudformation import stack_removal, stack_set_removal, stack_sets, stacks
from orchestrator.aws.cloudformation.stack_sets import Instance, StackSetName
from orchestrator.aws.cloudformation.stacks import Stack
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.launch.settings import Settings
from orchestrator.provisioned import pipeline_stacks
from orchestrator.provisioned.removal_records import Removal

_REASON = "The pipeline is being deleted."


class Progress(Enum):
    """Progress of a deletion."""

    UNDER_WAY = auto()
    """CloudFormation is working; one of its events will report the end."""
    GONE = auto()
    """Nothing is left in CloudFormation."""
    OVERTAKEN = auto()
    """Another pipeline has the name now, and must not be changed."""


class StepFailedError(Exception):
    """CloudFormation could not delete a resource; `str()` names it and gives the reason."""


def advance(removal: Removal, settings: Settings) -> Progress:
    """Start every possible step; raises `StepFailedError`, and the errors of `orchestrator.errors`."""
    pipeline = removal.pipeline
    stack = stacks.find(pipeline.stack_name)
    if stack is not None and not stack.is_gone:
        if stack.arn != pipeline.id:
            return Progress.OVERTAKEN
        _stop(stack)
        _delete(stack, removal.token("pipeline"))
        return Progress.UNDER_WAY
    deployed = stacks.find(pipeline.deployed_stack) if pipeline.deployed_stack else None
    if deployed is not None and not deployed.is_gone:
        _delete(deployed, removal.token("stack"))
        return Progress.UNDER_WAY
    sets = [StackSetName(name, settings.call_as) for name in pipeline.stack_sets.values()]
    # All stages are deleted at the same time.
    gone = [_delete_set(stack_set, removal.token("instances")) for stack_set in sets]
    return Progress.GONE if all(gone) else Progress.UNDER_WAY


def _stop(stack: Stack) -> None:
    name = pipeline_stacks.pipeline_name(stack)
    if name is not None and stack.status != "DELETE_IN_PROGRESS":
        codepipelines.stop_running(name, _REASON)


def _delete(stack: Stack, token: str) -> None:
    """Start to delete a stack, unless CloudFormation is working on it and must finish first."""
    if stack.is_changing and stack.status != "CREATE_IN_PROGRESS":
        return
    reason = stack_removal.failure(stack.arn, token) if stack.status == "DELETE_FAILED" else None
    if reason is not None:
        raise StepFailedError(f"The stack {stack.name} was not deleted. {reason}")
    stack_removal.start(stack.arn, token)


def _delete_set(stack_set: StackSetName, operation: str) -> bool:
    """Start to delete the rest of a StackSet; return whether nothing is left of it."""
    instances = stack_set_removal.instances_of(stack_set)
    if instances is None:
        return True
    if not instances:
        return stack_set_removal.finish(stack_set)
    if stack_sets.running_operation(stack_set) is not None:
        return False
    left = [instance for instance in instances if instance.last_operation == operation]
    if left:
        raise StepFailedError(_left(stack_set, left))
    stack_set_removal.start(stack_set, instances, operation)
    return False


def _left(stack_set: StackSetName, instances: list[Instance]) -> str:
    first, *others = instances
    more = f" So it is with {len(others)} more." if others else ""
    reason = first.reason or "CloudFormation gives no reason"
    return f"The StackSet {stack_set.name} still has its stack in {first.account}, {first.region}. {reason}.{more}"
