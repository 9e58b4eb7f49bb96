# SPDX-License-Identifier: Apache-2.0
"""Stack of a stack set: made, changed and removed in its account, as the role that StackSets have there.

It is an ordinary stack, named `StackSet-<set>-<uuid>`. If its creation fails, it is deleted again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from scripts.local_aws import clients, organization
from scripts.local_aws.cloudformation import stacks
from scripts.local_aws.cloudformation.stack_sets.records import StackInstance, StackSet
from scripts.local_aws.cloudformation.stacks import DELETED, Definition, Stack
from scripts.local_aws.cloudformation.template import source

SERVER_STOPS = "The local AWS stops"
_NAME_LIMIT = 128
_PREFIX = "StackSet-"
_NO_UPDATES = "No updates are to be performed"
_TICK_SECONDS = 0.5


class InstanceError(Exception):
    """Raised if a stack cannot be brought to the set's definition; the message is the StatusReason."""


class StackSetWork:
    """Work on the stacks of one stack set; `is_stopping` is true once the server stops and waiting must end."""

    def __init__(self, stack_set: StackSet, is_stopping: Callable[[], bool]) -> None:
        self._stack_set = stack_set
        self._is_stopping = is_stopping

    def deploy(self, instance: StackInstance) -> str | None:
        """Bring the instance's stack to the set's definition; a remark when there was nothing to do.

        Raises InstanceError.
        """
        definition = self._stack_set.definition
        try:
            if _stack(instance) is None:
                self._create(instance, definition)
            else:
                _client(instance).update_stack(StackName=instance.stack_id, **_request(definition))
                self._wait(instance, "UPDATE")
        except ClientError as error:
            message = error.response["Error"]["Message"]
            # CloudFormation has no code of its own for this.
            if _NO_UPDATES in message:
                return f"{_NO_UPDATES}."
            raise InstanceError(message) from error
        return None

    def remove(self, instance: StackInstance) -> None:
        """Delete the instance's stack, if there is one. Raises InstanceError."""
        if _stack(instance) is None:
            return
        try:
            _client(instance).delete_stack(StackName=instance.stack_id)
        except ClientError as error:
            raise InstanceError(error.response["Error"]["Message"]) from error
        self._wait(instance, "DELETE")

    def _create(self, instance: StackInstance, definition: Definition) -> None:
        suffix = f"-{uuid.uuid4()}"
        room = _NAME_LIMIT - len(_PREFIX) - len(suffix)
        name = f"{_PREFIX}{self._stack_set.name[:room]}{suffix}"
        request = _request(definition) | {"StackName": name, "OnFailure": "DELETE"}
        instance.stack_id = _client(instance).create_stack(**request)["StackId"]
        self._wait(instance, "CREATE")

    def _wait(self, instance: StackInstance, verb: str) -> None:
        """Wait for the stack's operation, which runs in a thread of this process."""
        stack = stacks.find(instance.account, instance.region, instance.stack_id)
        operation = stack.operation
        while operation is not None and operation.is_alive():
            operation.join(_TICK_SECONDS)
            if self._is_stopping():
                stack.cancelled.set()
                raise InstanceError(SERVER_STOPS)
        if stack.status != f"{verb}_COMPLETE":
            raise InstanceError(_first_failure(stack, f"{verb}_IN_PROGRESS"))


def _stack(instance: StackInstance) -> Stack | None:
    """The instance's stack as long as it is not deleted."""
    if not instance.stack_id:
        return None
    stack = stacks.find_or_none(instance.account, instance.region, instance.stack_id)
    return stack if stack is not None and stack.status != DELETED else None


def _client(instance: StackInstance) -> Any:
    role = organization.execution_role(instance.account, instance.region)
    return clients.client("cloudformation", role, instance.region)


def _request(definition: Definition) -> dict[str, Any]:
    return {
        "TemplateURL": source.held(definition.body),
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value} for name, value in definition.parameters.items()
        ],
        "Capabilities": list(definition.capabilities),
        "Tags": [{"Key": name, "Value": value} for name, value in definition.tags.items()],
    }


def _first_failure(stack: Stack, beginning: str) -> str:
    """The reason of the resource that failed first since the stack's operation began, as StackSets put it."""
    failed = None
    for event in stack.events():
        is_stack = event.physical_id == stack.stack_id
        if is_stack and event.status == beginning:
            break
        if not is_stack and event.status.endswith("_FAILED"):
            failed = event
    if failed is None:
        return stack.status_reason or f"Stack {stack.stack_id} is in {stack.status}"
    return (
        f"ResourceLogicalId:{failed.logical_id}, ResourceType:{failed.type}, "
        f"ResourceStatusReason:{failed.reason or 'no reason given'}."
    )
