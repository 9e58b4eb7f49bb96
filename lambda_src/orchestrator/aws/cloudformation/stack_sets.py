# SPDX-License-Identifier: Apache-2.0
"""CloudFormation StackSets with service-managed permissions.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-concepts.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final, Literal

from orchestrator.aws.calls import calling, client
from orchestrator.errors import ServiceRefusedError
from orchestrator.values.tags import Tags

CallAs = Literal["SELF", "DELEGATED_ADMIN"]
Place = tuple[str, str]
"""An account and a Region."""

SUSPENDED: Final = "SKIPPED_SUSPENDED_ACCOUNT"
_UNDONE: Final = frozenset({"FAILED", "CANCELLED"})

_RUNNING: Final = frozenset({"RUNNING", "QUEUED", "STOPPING"})
_OVERTAKEN: Final = frozenset({"StaleRequestException", "NameAlreadyExistsException", "CreatedButModifiedException"})
# All accounts and Regions at once; a failure in one does not stop the others. With this tolerance an operation always
# ends as SUCCEEDED, so `Operation.went_well` counts the failures.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackSetOperationPreferences.html
PREFERENCES: Final = {
    "RegionConcurrencyType": "PARALLEL",
    "MaxConcurrentPercentage": 100,
    "FailureTolerancePercentage": 100,
    "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
}


@dataclass(frozen=True)
class StackSetName:
    """Name of a StackSet, and the `CallAs` value for calls on it."""

    name: str
    call_as: CallAs

    def request(self) -> dict[str, str]:
        """Return the fields that every call has."""
        return {"StackSetName": self.name, "CallAs": self.call_as}


@dataclass(frozen=True)
class Definition:
    """Template, parameters and tags of a StackSet. Equal definitions make equal stacks."""

    template: str
    parameters: tuple[tuple[str, str], ...]
    tags: Tags = ()
    """Tags of the StackSet, its stacks and their taggable resources."""
    template_url: str = field(default="", compare=False)
    """URL of the same template, when it is too long for a request; otherwise empty."""

    @classmethod
    def of(
        cls, template: str, parameters: Iterable[tuple[str, str]], tags: Iterable[tuple[str, str]] = ()
    ) -> Definition:
        """Make a definition that ignores the order of parameters and tags, line endings and trailing white space."""
        return cls(template.replace("\r\n", "\n").rstrip(), tuple(sorted(parameters)), tuple(sorted(tags)))

    def request(self) -> dict[str, Any]:
        """Return the fields that CreateStackSet and UpdateStackSet share."""
        return {
            **({"TemplateURL": self.template_url} if self.template_url else {"TemplateBody": self.template}),
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters],
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
            "PermissionModel": "SERVICE_MANAGED",
            # An update replaces all tags with these; without the key it would keep the old ones.
            "Tags": [{"Key": key, "Value": value} for key, value in self.tags],
        }


@dataclass(frozen=True)
class Targets:
    """Accounts within the given organizational units, each in every Region."""

    units: tuple[str, ...]
    accounts: tuple[str, ...]
    regions: tuple[str, ...]

    def request(self) -> dict[str, Any]:
        """Return the fields of a call; without the filter, every account of the units would be a target."""
        return {
            "DeploymentTargets": {
                "OrganizationalUnitIds": list(self.units),
                "Accounts": list(self.accounts),
                "AccountFilterType": "INTERSECTION",
            },
            "Regions": list(self.regions),
        }


@dataclass(frozen=True)
class Instance:
    """A stack instance."""

    account: str
    region: str
    status: str
    detailed_status: str
    reason: str
    last_operation: str
    unit: str = ""
    """Organizational unit for which it was created."""
    stack: str = ""
    """ARN of its stack, as soon as there is one."""

    @property
    def place(self) -> Place:
        """Its account and Region."""
        return self.account, self.region

    @property
    def is_current(self) -> bool:
        """True if its stack matches the StackSet's definition."""
        return self.status == "CURRENT"

    def was_failed_by(self, operation: str) -> bool:
        """True if this operation was the last on the instance and did not complete there."""
        return self.last_operation == operation and self.detailed_status in _UNDONE

    @property
    def is_inoperable(self) -> bool:
        """True if CloudFormation leaves it out of every update, because its deletion failed."""
        return self.status == "INOPERABLE"


@dataclass(frozen=True)
class Operation:
    """An operation on a StackSet; `failed` is the number of instances that CloudFormation reports as failed."""

    id: str
    status: str
    reason: str
    failed: int

    @property
    def is_running(self) -> bool:
        """True until it has ended."""
        return self.status in _RUNNING

    @property
    def went_well(self) -> bool:
        """True if it succeeded in every account."""
        return self.status == "SUCCEEDED" and not self.failed


@dataclass(frozen=True)
class Failure:
    """The reason for a failure in one account and Region."""

    account: str
    region: str
    reason: str


class Start(Enum):
    """Result of an attempt to start an operation."""

    STARTED = auto()
    """It runs, or was started by an earlier, equal attempt."""
    MUST_WAIT = auto()
    """Another operation is running on the StackSet."""
    OVERTAKEN = auto()
    """Another request changed the StackSet at the same time."""


def definition_of(stack_set: StackSetName) -> Definition | None:
    """Return a StackSet's definition, or `None` if there is no such StackSet."""
    try:
        with calling(f"describe the StackSet {stack_set.name}"):
            found = client("cloudformation").describe_stack_set(**stack_set.request())["StackSet"]
    except ServiceRefusedError as error:
        if error.code == "StackSetNotFoundException":
            return None
        raise
    parameters = ((entry["ParameterKey"], entry.get("ParameterValue", "")) for entry in found.get("Parameters", []))
    tags = ((entry["Key"], entry["Value"]) for entry in found.get("Tags", []))
    return Definition.of(found["TemplateBody"], parameters, tags)


def instances_of(stack_set: StackSetName) -> tuple[Instance, ...]:
    """Return all instances; each call lists a hundred."""
    with calling(f"list the instances of the StackSet {stack_set.name}"):
        pages = client("cloudformation").get_paginator("list_stack_instances").paginate(**stack_set.request())
        return tuple(_instance(summary) for page in pages for summary in page["Summaries"])


def _instance(summary: dict[str, Any]) -> Instance:
    return Instance(
        account=summary["Account"],
        region=summary["Region"],
        status=summary["Status"],
        detailed_status=summary.get("StackInstanceStatus", {}).get("DetailedStatus", ""),
        reason=summary.get("StatusReason", ""),
        last_operation=summary.get("LastOperationId", ""),
        unit=summary.get("OrganizationalUnitId", ""),
        stack=summary.get("StackId", ""),
    )


def create(stack_set: StackSetName, definition: Definition, token: str) -> Start:
    """Create a StackSet without instances; calls with the same token create one."""
    return _starting(
        f"create the StackSet {stack_set.name}",
        lambda: client("cloudformation").create_stack_set(
            **stack_set.request(),
            **definition.request(),
            AutoDeployment={"Enabled": False},
            ClientRequestToken=token,
        ),
    )


def create_instances(stack_set: StackSetName, targets: Targets, operation: str) -> Start:
    """Start the operation that creates instances."""
    return _starting(
        f"create instances of the StackSet {stack_set.name}",
        lambda: client("cloudformation").create_stack_instances(
            **stack_set.request(), **targets.request(), OperationPreferences=PREFERENCES, OperationId=operation
        ),
    )


def update(stack_set: StackSetName, definition: Definition, targets: Targets | None, operation: str) -> Start:
    """Start the operation that updates a StackSet to this definition, and the targets' instances.

    `None` targets all instances; it is meant for a StackSet without any. Automatic deployment stays as created, because
    CloudFormation refuses that setting together with targets.
    """
    return _starting(
        f"update the StackSet {stack_set.name}",
        lambda: client("cloudformation").update_stack_set(
            **stack_set.request(),
            **definition.request(),
            **(targets.request() if targets else {}),
            OperationPreferences=PREFERENCES,
            OperationId=operation,
        ),
    )


def _starting(doing: str, start: Callable[[], object]) -> Start:
    try:
        with calling(doing):
            start()
    except ServiceRefusedError as error:
        if error.code == "OperationInProgressException":
            return Start.MUST_WAIT
        if error.code in _OVERTAKEN:
            return Start.OVERTAKEN
        if error.code != "OperationIdAlreadyExistsException":
            raise
    return Start.STARTED


def running_operation(stack_set: StackSetName) -> str | None:
    """Return the id of the operation that runs on a StackSet, or `None`, from the newest hundred."""
    with calling(f"list the operations of the StackSet {stack_set.name}"):
        answer = client("cloudformation").list_stack_set_operations(**stack_set.request(), MaxResults=100)
    running = (summary["OperationId"] for summary in answer["Summaries"] if summary["Status"] in _RUNNING)
    return next(running, None)


def operation(stack_set: StackSetName, operation_id: str) -> Operation:
    """Describe an operation with a single call, however many accounts it reaches."""
    with calling(f"describe the operation {operation_id} of the StackSet {stack_set.name}"):
        answer = client("cloudformation").describe_stack_set_operation(**stack_set.request(), OperationId=operation_id)
    found = answer["StackSetOperation"]
    failed = found.get("StatusDetails", {}).get("FailedStackInstancesCount", 0)
    return Operation(operation_id, found["Status"], found.get("StatusReason", ""), failed)


def failures(stack_set: StackSetName, operation_id: str) -> tuple[Failure, ...]:
    """List the failures of an operation, each with CloudFormation's reason."""
    with calling(f"list the results of the operation {operation_id} of the StackSet {stack_set.name}"):
        pages = (
            client("cloudformation")
            .get_paginator("list_stack_set_operation_results")
            .paginate(
                **stack_set.request(),
                OperationId=operation_id,
                Filters=[{"Name": "OPERATION_RESULT_STATUS", "Values": "FAILED"}],
            )
        )
        return tuple(_failure(summary) for page in pages for summary in page["Summaries"])


def _failure(summary: dict[str, Any]) -> Failure:
    gate = summary.get("AccountGateResult", {}).get("StatusReason", "")
    reason = summary.get("StatusReason") or gate or "CloudFormation gives no reason"
    return Failure(summary["Account"], summary["Region"], reason)
