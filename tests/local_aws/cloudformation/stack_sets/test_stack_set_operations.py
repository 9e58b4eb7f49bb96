# SPDX-License-Identifier: Apache-2.0
"""The life of stack set operations: running, one at a time, tolerant of failures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts.local_aws import organization
from scripts.local_aws.cloudformation.stack_sets import faults
from scripts.local_aws.server import LocalAws
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.stack_setting import (
    ACCOUNTS,
    PARALLEL,
    create,
    ended,
    organization_of,
    outcome,
    parameters,
)
from tests.local_aws.waiting import SECONDS, eventually

DEV = ACCOUNTS["dev"]
FIVE = [DEV, "444444444444", "555555555555", "666666666666", "777777777777"]
REGIONS = ["us-east-1"]
TOO_MANY = "Cancelled since failure tolerance has exceeded"


@pytest.fixture(scope="module")
def local_aws() -> Iterator[LocalAws]:
    with LocalAws(accounts=ACCOUNTS) as aws:
        made = organization_of(aws)
        for account in FIVE[1:]:
            organization.add_account(made, made.units["dev"], account)
        yield aws


@pytest.fixture
def cloudformation(client: ClientFactory) -> Any:
    return client("cloudformation")


@pytest.fixture
def five(local_aws: LocalAws) -> dict[str, Any]:
    """The targets that mean all five accounts of the dev OU."""
    return {"OrganizationalUnitIds": [organization_of(local_aws).units["dev"]]}


@pytest.fixture
def one(five: dict[str, Any]) -> dict[str, Any]:
    """The targets that mean the first of them."""
    return five | {"Accounts": [DEV], "AccountFilterType": "INTERSECTION"}


@pytest.fixture(autouse=True)
def no_faults() -> Iterator[None]:
    yield
    faults.clear()


def begin(cloudformation: Any, name: str, targets: dict[str, Any], **more: Any) -> str:
    request = {"StackSetName": name, "DeploymentTargets": targets, "Regions": REGIONS} | more
    return str(cloudformation.create_stack_instances(**request)["OperationId"])


def states(cloudformation: Any, name: str, operation_id: str) -> Counter[str]:
    found = cloudformation.list_stack_set_operation_results(StackSetName=name, OperationId=operation_id)
    return Counter(result["Status"] for result in found["Summaries"])


def test_an_operation_is_running_until_its_stacks_are_made(cloudformation: Any, one: dict[str, Any]) -> None:
    create(cloudformation, "running")
    with faults.hold(DEV) as held:
        operation_id = begin(cloudformation, "running", one)
        assert held.reached.wait(SECONDS)
        found = cloudformation.describe_stack_set_operation(StackSetName="running", OperationId=operation_id)
        operation = found["StackSetOperation"]
        assert (operation["Action"], operation["Status"]) == ("CREATE", "RUNNING")
        assert operation["DeploymentTargets"] == one
        assert "EndTimestamp" not in operation
        instance = cloudformation.describe_stack_instance(
            StackSetName="running", StackInstanceAccount=DEV, StackInstanceRegion="us-east-1"
        )["StackInstance"]
        assert (instance["Status"], instance["StackInstanceStatus"]["DetailedStatus"]) == ("OUTDATED", "RUNNING")
        assert "StackId" not in instance
    assert ended(cloudformation, "running", operation_id) == "SUCCEEDED"
    [listed] = cloudformation.list_stack_set_operations(StackSetName="running")["Summaries"]
    assert (listed["OperationId"], listed["Status"]) == (operation_id, "SUCCEEDED")
    assert listed["EndTimestamp"] >= listed["CreationTimestamp"]


def test_one_operation_at_a_time(cloudformation: Any, one: dict[str, Any]) -> None:
    create(cloudformation, "busy")
    with faults.hold() as held:
        operation_id = begin(cloudformation, "busy", one, OperationId="first")
        assert operation_id == "first"
        assert held.reached.wait(SECONDS)
        for refused in (
            lambda: begin(cloudformation, "busy", one),
            lambda: cloudformation.update_stack_set(StackSetName="busy", UsePreviousTemplate=True),
            lambda: cloudformation.delete_stack_set(StackSetName="busy"),
        ):
            with pytest.raises(cloudformation.exceptions.OperationInProgressException, match="is in progress"):
                refused()
        # A repeated delivery of the same request is told apart from another operation.
        with pytest.raises(cloudformation.exceptions.OperationIdAlreadyExistsException):
            begin(cloudformation, "busy", one, OperationId="first")
    assert ended(cloudformation, "busy", "first") == "SUCCEEDED"
    with pytest.raises(cloudformation.exceptions.OperationIdAlreadyExistsException):
        begin(cloudformation, "busy", one, OperationId="first")


def test_a_refused_update_changes_nothing(cloudformation: Any, one: dict[str, Any]) -> None:
    create(cloudformation, "untouched")
    with faults.hold():
        operation_id = begin(cloudformation, "untouched", one)
        with pytest.raises(cloudformation.exceptions.OperationInProgressException):
            cloudformation.update_stack_set(
                StackSetName="untouched", UsePreviousTemplate=True, Parameters=parameters(Colour="red")
            )
        found = cloudformation.describe_stack_set(StackSetName="untouched")["StackSet"]
        assert found["Parameters"] == parameters(Colour="blue")
    ended(cloudformation, "untouched", operation_id)


def test_by_default_one_account_after_the_other_until_the_first_failure(
    cloudformation: Any, five: dict[str, Any]
) -> None:
    create(cloudformation, "careful")
    faults.refuse(FIVE[1], "refused")
    with faults.hold() as held:
        operation_id = begin(cloudformation, "careful", five)
        assert held.reached.wait(SECONDS)
        assert states(cloudformation, "careful", operation_id) == {"RUNNING": 1, "PENDING": 4}
    assert ended(cloudformation, "careful", operation_id) == "FAILED"
    assert outcome(cloudformation, "careful", operation_id) == {
        FIVE[0]: ("SUCCEEDED", ""), FIVE[1]: ("FAILED", "refused"),
    } | dict.fromkeys(FIVE[2:], ("CANCELLED", TOO_MANY))  # fmt: skip
    cancelled = cloudformation.list_stack_instances(
        StackSetName="careful", Filters=[{"Name": "DETAILED_STATUS", "Values": "CANCELLED"}]
    )["Summaries"]
    assert {instance["Account"] for instance in cancelled} == set(FIVE[2:])


def test_accounts_go_in_parallel_and_one_of_five_may_fail(cloudformation: Any, five: dict[str, Any]) -> None:
    create(cloudformation, "parallel")
    faults.refuse(FIVE[2], "refused")
    with faults.hold():
        operation_id = begin(cloudformation, "parallel", five, OperationPreferences=PARALLEL)
        eventually(lambda: states(cloudformation, "parallel", operation_id) == {"RUNNING": 5})
    assert ended(cloudformation, "parallel", operation_id) == "SUCCEEDED"
    assert states(cloudformation, "parallel", operation_id) == {"SUCCEEDED": 4, "FAILED": 1}


def test_strict_tolerance_limits_how_many_are_at_risk(cloudformation: Any, five: dict[str, Any]) -> None:
    create(cloudformation, "strict")
    preferences = {"FailureTolerancePercentage": 20, "MaxConcurrentPercentage": 100}
    with faults.hold():
        operation_id = begin(cloudformation, "strict", five, OperationPreferences=preferences)
        eventually(lambda: states(cloudformation, "strict", operation_id) == {"RUNNING": 2, "PENDING": 3})
    assert ended(cloudformation, "strict", operation_id) == "SUCCEEDED"


def test_regions_follow_each_other_and_stop_after_one_that_failed(cloudformation: Any, one: dict[str, Any]) -> None:
    create(cloudformation, "regional")
    faults.refuse(DEV, "refused")
    operation_id = begin(cloudformation, "regional", one, Regions=["eu-west-1", "us-east-1"])
    assert ended(cloudformation, "regional", operation_id) == "FAILED"
    found = cloudformation.list_stack_set_operation_results(StackSetName="regional", OperationId=operation_id)
    assert {each["Region"]: each["Status"] for each in found["Summaries"]} == {
        "eu-west-1": "FAILED", "us-east-1": "CANCELLED",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["FailureToleranceCount", "MaxConcurrentCount"])
def test_preferences_that_would_be_ignored_are_refused(cloudformation: Any, one: dict[str, Any], name: str) -> None:
    create(cloudformation, name)
    with pytest.raises(ClientError, match=f"does not support {name}"):
        begin(cloudformation, name, one, OperationPreferences={name: 1})
    assert cloudformation.list_stack_set_operations(StackSetName=name)["Summaries"] == []


def test_two_sets_have_their_operations_side_by_side(cloudformation: Any, one: dict[str, Any]) -> None:
    for name in ("left", "right"):
        create(cloudformation, name)
    with faults.hold():
        operations = {name: begin(cloudformation, name, one) for name in ("left", "right")}
        eventually(lambda: all(states(cloudformation, *each) == {"RUNNING": 1} for each in operations.items()))
    assert {ended(cloudformation, *each) for each in operations.items()} == {"SUCCEEDED"}
