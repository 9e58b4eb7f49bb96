# SPDX-License-Identifier: Apache-2.0
"""What has to happen next to delete a pipeline, decided from what is there and done at once.

    the pipeline's stack  -> running executions are stopped, then it is deleted: nothing is deployed from then on
    then what it deployed -> the stack, or of each stage's StackSet the instances and then the set
    then nothing          -> what is left of it in the pipelines bucket can go

Nothing here waits: CloudFormation's events, or a repeated request, call again. So a step that an event was lost of, or
that somebody else has done, is no different from any other.
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
    """How far a deletion is."""

    UNDER_WAY = auto()
    """CloudFormation is at work; one of its events will tell."""
    GONE = auto()
    """Nothing is left in CloudFormation."""
    OVERTAKEN = auto()
    """Another pipeline has the name now, and must not be touched."""


class StepFailedError(Exception):
    """CloudFormation could not delete something; `str()` names it and says why."""


def advance(removal: Removal, settings: Settings) -> Progress:
    """Begin what can be begun; raises `StepFailedError`, and the errors of `orchestrator.errors`."""
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
    # Every stage, also when one is under way: they go at the same time.
    gone = [_delete_set(stack_set, removal.token("instances")) for stack_set in sets]
    return Progress.GONE if all(gone) else Progress.UNDER_WAY


def _stop(stack: Stack) -> None:
    name = pipeline_stacks.pipeline_name(stack)
    if name is not None and stack.status != "DELETE_IN_PROGRESS":
        codepipelines.stop_running(name, _REASON)


def _delete(stack: Stack, token: str) -> None:
    """Begin to delete a stack, unless CloudFormation works on it: then the end of that comes first."""
    if stack.is_changing and stack.status != "CREATE_IN_PROGRESS":
        return
    reason = stack_removal.failure(stack.arn, token) if stack.status == "DELETE_FAILED" else None
    if reason is not None:
        raise StepFailedError(f"The stack {stack.name} was not deleted. {reason}")
    stack_removal.start(stack.arn, token)


def _delete_set(stack_set: StackSetName, operation: str) -> bool:
    """Begin to delete what there is of a StackSet; whether nothing is left of it."""
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
