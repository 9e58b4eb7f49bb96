# SPDX-License-Identifier: Apache-2.0
"""CloudFormation stacks of the pipelines.

States: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html#cfn-console-view-stack-data-resources-status-codes
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from orchestrator.aws.calls import Clients, calling, client
from orchestrator.errors import ConflictError, ServiceRefusedError

_VALIDATION_ERROR: Final = "ValidationError"
_WITHOUT_USE: Final = frozenset({"CREATE_FAILED", "DELETE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"})
_REMOVAL_POLL_SECONDS: Final = 2
_REMOVAL_POLLS: Final = 6


@dataclass(frozen=True)
class StackDefinition:
    """Name, template, parameters, role and tags of a stack."""

    name: str
    template: str
    parameters: Mapping[str, str]
    role_arn: str
    tags: Mapping[str, str]

    def request(self) -> dict[str, Any]:
        """Return the fields that CreateStack and UpdateStack share."""
        return {
            "StackName": self.name,
            "TemplateBody": self.template,
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()],
            "Capabilities": ["CAPABILITY_IAM"],
            "RoleARN": self.role_arn,
            "Tags": [{"Key": key, "Value": value} for key, value in self.tags.items()],
        }


@dataclass(frozen=True)
class Stack:
    """A stack as CloudFormation describes it."""

    arn: str
    status: str
    changed_at: datetime
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    outputs: Mapping[str, str]
    reason: str = ""

    @property
    def name(self) -> str:
        """Its name, taken from its ARN."""
        return self.arn.split(":stack/", 1)[1].split("/", 1)[0]

    @property
    def is_broken(self) -> bool:
        """True if it can only be deleted: its creation failed, or a change could not be rolled back."""
        return self.status.endswith("_FAILED") or self.status in {"ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"}

    @property
    def holds_nothing(self) -> bool:
        """True if its creation or its deletion failed: it can only be deleted, and holds nothing in use."""
        return self.status in _WITHOUT_USE

    @property
    def is_gone(self) -> bool:
        """True if it was deleted; CloudFormation describes such a stack by its ARN for a while."""
        return self.status == "DELETE_COMPLETE"

    @property
    def is_changing(self) -> bool:
        """True while CloudFormation is working on it."""
        return self.status.endswith("_IN_PROGRESS") and not self.is_broken

    def differs_from(self, definition: StackDefinition) -> bool:
        """True if an update would change it, judged by parameters and tags, which name the template's version."""
        return dict(self.parameters) != dict(definition.parameters) or dict(self.tags) != dict(definition.tags)


def _token() -> dict[str, str]:
    """Return a token by which CloudFormation recognises a call that botocore repeats after a lost response."""
    return {"ClientRequestToken": uuid.uuid4().hex}


def create(definition: StackDefinition) -> str | None:
    """Start the creation of a stack and return its ARN; `None` if a stack of that name exists.

    A stack whose creation fails is deleted, so that the same request can be repeated at once.
    """
    try:
        with calling(f"create the stack {definition.name}"):
            answer = client("cloudformation").create_stack(**definition.request(), **_token(), OnFailure="DELETE")
    except ServiceRefusedError as error:
        if error.code == "AlreadyExistsException":
            return None
        raise
    return str(answer["StackId"])


def find(name_or_arn: str, clients: Clients = client) -> Stack | None:
    """Describe a stack; `None` if there is no such stack."""
    try:
        with calling(f"describe the stack {name_or_arn}"):
            (found,) = clients("cloudformation").describe_stacks(StackName=name_or_arn)["Stacks"]
    except ServiceRefusedError as error:
        if error.code == _VALIDATION_ERROR and "does not exist" in error.reason:
            return None
        raise
    return described(found)


def role_names(name: str) -> frozenset[str] | None:
    """Return the names of the IAM roles in a stack; `None` if there is no such stack."""
    try:
        with calling(f"list the resources of the stack {name}"):
            found = client("cloudformation").describe_stack_resources(StackName=name)["StackResources"]
    except ServiceRefusedError as error:
        if error.code == _VALIDATION_ERROR and "does not exist" in error.reason:
            return None
        raise
    roles = (entry.get("PhysicalResourceId", "") for entry in found if entry["ResourceType"] == "AWS::IAM::Role")
    return frozenset(roles)


def described(found: Mapping[str, Any]) -> Stack:
    """Convert an entry of DescribeStacks to a stack."""
    return Stack(
        arn=found["StackId"],
        status=found["StackStatus"],
        changed_at=found.get("LastUpdatedTime", found["CreationTime"]),
        parameters={entry["ParameterKey"]: entry.get("ParameterValue", "") for entry in found.get("Parameters", [])},
        tags={entry["Key"]: entry["Value"] for entry in found.get("Tags", [])},
        outputs={entry["OutputKey"]: entry["OutputValue"] for entry in found.get("Outputs", [])},
        reason=found.get("StackStatusReason", ""),
    )


def update(definition: StackDefinition) -> bool:
    """Start an update; return `False` if nothing changes. Raises `ConflictError` while CloudFormation works on it."""
    try:
        with calling(f"update the stack {definition.name}"):
            client("cloudformation").update_stack(**definition.request(), **_token())
    except ServiceRefusedError as error:
        if error.code == _VALIDATION_ERROR and "No updates are to be performed" in error.reason:
            return False
        if error.code == _VALIDATION_ERROR and "_IN_PROGRESS state and can not be updated" in error.reason:
            message = f"Pipeline {definition.name} is being changed by another request. Repeat the request in a minute."
            raise ConflictError(message) from error
        raise
    return True


def remove(stack: Stack) -> None:
    """Delete a broken stack and wait until it is gone.

    Raises `ConflictError` when that takes too long for one request, `ServiceRefusedError` when it cannot be deleted.
    """
    from botocore.exceptions import WaiterError  # noqa: PLC0415

    with calling(f"delete the broken stack {stack.arn}"):
        cloudformation = client("cloudformation")
        cloudformation.delete_stack(StackName=stack.arn)
        try:
            cloudformation.get_waiter("stack_delete_complete").wait(
                StackName=stack.arn, WaiterConfig={"Delay": _REMOVAL_POLL_SECONDS, "MaxAttempts": _REMOVAL_POLLS}
            )
        except WaiterError as error:
            _refuse_undeletable(stack, error.last_response)
            message = "A broken stack of this pipeline is being deleted. Repeat the request in a minute."
            raise ConflictError(message) from error


def _refuse_undeletable(stack: Stack, answer: Mapping[str, Any]) -> None:
    for found in answer.get("Stacks", ()):
        if found["StackStatus"] == "DELETE_FAILED":
            reason = found.get("StackStatusReason", "see the events of the stack")
            raise ServiceRefusedError(f"delete the broken stack {stack.arn}", "DELETE_FAILED", reason)
