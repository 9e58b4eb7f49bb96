# SPDX-License-Identifier: Apache-2.0
"""The deletion of a StackSet: its instances with their stacks, then the set itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from orchestrator.aws.calls import calling, client
from orchestrator.aws.cloudformation import stack_sets
from orchestrator.aws.cloudformation.stack_sets import Instance, StackSetName
from orchestrator.errors import ServiceRefusedError

_NOT_THERE: Final = "StackSetNotFoundException"
_MUST_WAIT: Final = frozenset(
    {"OperationInProgressException", "OperationIdAlreadyExistsException", "StaleRequestException"}
)


def instances_of(stack_set: StackSetName) -> tuple[Instance, ...] | None:
    """Return all instances; `None` if there is no such StackSet."""
    try:
        return stack_sets.instances_of(stack_set)
    except ServiceRefusedError as error:
        if error.code == _NOT_THERE:
            return None
        raise


def start(stack_set: StackSetName, instances: Sequence[Instance], operation: str) -> None:
    """Start the deletion of the instances in all their accounts and Regions, unless another operation is running.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStackInstances.html
    """
    try:
        with calling(f"delete the instances of the StackSet {stack_set.name}"):
            client("cloudformation").delete_stack_instances(
                **stack_set.request(),
                DeploymentTargets={"OrganizationalUnitIds": sorted({instance.unit for instance in instances})},
                Regions=sorted({instance.region for instance in instances}),
                OperationPreferences=stack_sets.PREFERENCES,
                RetainStacks=False,
                OperationId=operation,
            )
    except ServiceRefusedError as error:
        if error.code not in _MUST_WAIT:
            raise


def finish(stack_set: StackSetName) -> bool:
    """Delete a StackSet that has no instances; `False` while an operation runs on it.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStackSet.html
    """
    try:
        with calling(f"delete the StackSet {stack_set.name}"):
            client("cloudformation").delete_stack_set(**stack_set.request())
    except ServiceRefusedError as error:
        if error.code == _NOT_THERE:
            return True
        if error.code in _MUST_WAIT:
            return False
        raise
    return True
