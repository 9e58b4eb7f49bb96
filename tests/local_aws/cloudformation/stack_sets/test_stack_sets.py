# SPDX-License-Identifier: Apache-2.0
"""Stack sets as a client of CloudFormation sees them: definitions, targets, instances and their stacks."""

from __future__ import annotations

import json
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
    TEMPLATE,
    acting_in,
    create,
    ended,
    organization_of,
    outcome,
    parameters,
    targets,
)

DEV, STAGING, PROD = ACCOUNTS.values()
SECOND, THIRD, SUSPENDED = "444444444444", "555555555555", "666666666666"
REGIONS = ["us-east-1"]


@pytest.fixture(scope="module")
def local_aws() -> Iterator[LocalAws]:
    with LocalAws(accounts=ACCOUNTS, enforce_iam=False) as aws:
        made = organization_of(aws)
        for account in (SECOND, THIRD, SUSPENDED):
            organization.add_account(made, made.units["dev"], account)
        organization.suspend(made, SUSPENDED)
        yield aws


@pytest.fixture
def cloudformation(client: ClientFactory) -> Any:
    return client("cloudformation")


@pytest.fixture
def dev(local_aws: LocalAws) -> str:
    """The OU with the accounts DEV, SECOND, THIRD and SUSPENDED."""
    return organization_of(local_aws).units["dev"]


@pytest.fixture(autouse=True)
def no_faults() -> Iterator[None]:
    yield
    faults.clear()


def deploy(cloudformation: Any, name: str, unit: str, *accounts: str, **more: Any) -> str:
    request = {"DeploymentTargets": targets(unit, *accounts), "Regions": REGIONS, "OperationPreferences": PARALLEL}
    answer = cloudformation.create_stack_instances(StackSetName=name, **(request | more))
    return str(answer["OperationId"])


def deployed(cloudformation: Any, name: str, unit: str, *accounts: str, body: str = TEMPLATE) -> None:
    """A set with instances in these accounts."""
    create(cloudformation, name, body)
    operation_id = deploy(cloudformation, name, unit, *accounts)
    assert ended(cloudformation, name, operation_id) == "SUCCEEDED"


def instance(cloudformation: Any, name: str, account: str) -> tuple[str, str, str]:
    found = cloudformation.describe_stack_instance(
        StackSetName=name, StackInstanceAccount=account, StackInstanceRegion="us-east-1"
    )["StackInstance"]
    return found["Status"], found["StackInstanceStatus"]["DetailedStatus"], found.get("StatusReason", "")


def stack_of(local_aws: LocalAws, name: str, account: str) -> dict[str, Any] | None:
    """The living stack of a set in an account."""
    stacks = acting_in(local_aws, account, "cloudformation").describe_stacks()["Stacks"]
    found = [stack for stack in stacks if stack["StackName"].startswith(f"StackSet-{name}-")]
    assert len(found) <= 1
    return found[0] if found else None


def colour_of(local_aws: LocalAws, name: str, account: str) -> str:
    stack = stack_of(local_aws, name, account)
    assert stack is not None
    topic = stack["Outputs"][0]["OutputValue"]
    attributes = acting_in(local_aws, account, "sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    return str(attributes["DisplayName"])


def accounts_of(cloudformation: Any, name: str) -> set[str]:
    return {one["Account"] for one in cloudformation.list_stack_instances(StackSetName=name)["Summaries"]}


def test_a_set_is_described_as_it_was_created(cloudformation: Any) -> None:
    set_id = create(
        cloudformation, "described", Parameters=parameters(Colour="green"), Description="a set",
        Tags=[{"Key": "stage", "Value": "dev"}], CallAs="DELEGATED_ADMIN",
    )  # fmt: skip
    found = cloudformation.describe_stack_set(StackSetName="described", CallAs="DELEGATED_ADMIN")["StackSet"]
    assert found["StackSetId"] == set_id
    assert found["StackSetARN"] == f"arn:aws:cloudformation:us-east-1:123456789012:stackset/{set_id}"
    assert (found["Status"], found["PermissionModel"], found["Description"]) == ("ACTIVE", "SERVICE_MANAGED", "a set")
    assert found["TemplateBody"] == TEMPLATE
    assert found["Parameters"] == parameters(Colour="green")
    assert found["Tags"] == [{"Key": "stage", "Value": "dev"}]
    assert found["AutoDeployment"] == {"Enabled": False}
    listed = cloudformation.list_stack_sets(Status="ACTIVE")["Summaries"]
    assert set_id in [one["StackSetId"] for one in listed]


def test_a_name_is_taken_until_the_set_is_deleted(cloudformation: Any) -> None:
    first = create(cloudformation, "taken", ClientRequestToken="one")
    assert create(cloudformation, "taken", ClientRequestToken="one") == first
    with pytest.raises(cloudformation.exceptions.NameAlreadyExistsException):
        create(cloudformation, "taken", ClientRequestToken="two")
    cloudformation.delete_stack_set(StackSetName="taken")
    with pytest.raises(cloudformation.exceptions.StackSetNotFoundException, match="taken not found"):
        cloudformation.describe_stack_set(StackSetName="taken")
    assert cloudformation.describe_stack_set(StackSetName=first)["StackSet"]["Status"] == "DELETED"
    assert create(cloudformation, "taken") != first


@pytest.mark.parametrize(
    ("request_part", "message"),
    [
        ({"PermissionModel": "SELF_MANAGED"}, "SERVICE_MANAGED only"),
        ({"AutoDeployment": {"Enabled": True}}, "set AutoDeployment.Enabled to false"),
        ({"Parameters": parameters(Color="red")}, r"Parameters: \[Color\] do not exist in the template"),
        ({"TemplateBody": "{}"}, "Template format error"),
        ({"CallAs": "SOMEBODY"}, "CallAs must be"),
        ({"StackSetName": "1-starts-with-a-digit"}, "stackSetName"),
        ({"ExecutionRoleName": "mine"}, "does not support ExecutionRoleName"),
        ({"ManagedExecution": {"Active": True}}, "does not support ManagedExecution"),
    ],
)
def test_a_set_that_cannot_be_is_refused(cloudformation: Any, request_part: dict[str, Any], message: str) -> None:
    request = {"StackSetName": "refused", "TemplateBody": TEMPLATE, "PermissionModel": "SERVICE_MANAGED"}
    with pytest.raises(ClientError, match=message):
        cloudformation.create_stack_set(**(request | request_part))
    assert "refused" not in [one["StackSetName"] for one in cloudformation.list_stack_sets()["Summaries"]]


def test_roles_need_a_capability(cloudformation: Any) -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "named", "AssumeRolePolicyDocument": {}}}
    body = json.dumps({"Resources": {"Role": role}})
    with pytest.raises(cloudformation.exceptions.InsufficientCapabilitiesException, match="CAPABILITY_NAMED_IAM"):
        create(cloudformation, "capable", body, Capabilities=["CAPABILITY_IAM"])


def test_an_account_that_administers_no_organization_has_no_sets(local_aws: LocalAws, cloudformation: Any) -> None:
    create(cloudformation, "private")
    outsider = acting_in(local_aws, DEV, "cloudformation")
    with pytest.raises(ClientError, match="management account or delegated admin account"):
        create(outsider, "outside")
    with pytest.raises(outsider.exceptions.StackSetNotFoundException):
        outsider.describe_stack_set(StackSetName="private")


def test_an_instance_is_a_real_stack_in_its_account(local_aws: LocalAws, cloudformation: Any, dev: str) -> None:
    set_id = create(
        cloudformation, "real", Parameters=parameters(Colour="green"), Tags=[{"Key": "stage", "Value": "dev"}]
    )
    operation_id = deploy(cloudformation, "real", dev, DEV)
    assert ended(cloudformation, "real", operation_id) == "SUCCEEDED"
    stack = stack_of(local_aws, "real", DEV)
    assert stack is not None
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["StackId"].split(":")[4] == DEV
    assert stack["Tags"] == [{"Key": "stage", "Value": "dev"}]
    assert colour_of(local_aws, "real", DEV) == "green"
    [listed] = cloudformation.list_stack_instances(StackSetName="real")["Summaries"]
    assert (listed["StackSetId"], listed["StackId"]) == (set_id, stack["StackId"])
    assert (listed["OrganizationalUnitId"], listed["LastOperationId"]) == (dev, operation_id)
    assert cloudformation.describe_stack_set(StackSetName="real")["StackSet"]["OrganizationalUnitIds"] == [dev]
    assert stack_of(local_aws, "real", "123456789012") is None


@pytest.mark.parametrize(
    ("kind", "named", "expected"),
    [
        ("INTERSECTION", [DEV, SECOND], {DEV, SECOND}),
        # An account outside the OU falls out without a word.
        ("INTERSECTION", [DEV, PROD], {DEV}),
        ("INTERSECTION", [PROD], set()),
        ("DIFFERENCE", [DEV, SUSPENDED], {SECOND, THIRD}),
        ("NONE", [], {DEV, SECOND, THIRD, SUSPENDED}),
    ],
)
def test_only_the_accounts_that_are_meant_are_deployed_to(
    cloudformation: Any, dev: str, kind: str, named: list[str], expected: set[str]
) -> None:
    name = f"targets-{kind}-{len(named)}-{len(expected)}"
    create(cloudformation, name)
    operation_id = deploy(cloudformation, name, dev, DeploymentTargets=targets(dev, *named, kind=kind))
    assert ended(cloudformation, name, operation_id) == "SUCCEEDED"
    assert set(outcome(cloudformation, name, operation_id)) == expected
    assert accounts_of(cloudformation, name) == expected


def test_the_root_means_every_account_but_the_management_account(local_aws: LocalAws, cloudformation: Any) -> None:
    create(cloudformation, "rooted")
    whole = {"OrganizationalUnitIds": [organization_of(local_aws).root_id]}
    operation_id = deploy(cloudformation, "rooted", "", DeploymentTargets=whole)
    assert ended(cloudformation, "rooted", operation_id) == "SUCCEEDED"
    assert accounts_of(cloudformation, "rooted") == {DEV, STAGING, PROD, SECOND, THIRD, SUSPENDED}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"Accounts": [DEV]}, "OrganizationalUnitIds"),
        ({"OrganizationalUnitIds": ["{dev}"], "Accounts": [DEV]}, "AccountFilterType should be specified"),
        ({"OrganizationalUnitIds": ["{dev}"], "AccountFilterType": "INTERSECTION"}, "needs both"),
        ({"OrganizationalUnitIds": ["{dev}"], "Accounts": [DEV], "AccountFilterType": "UNION"}, "UNION is not supp"),
        ({"OrganizationalUnitIds": ["{dev}"], "Accounts": [DEV], "AccountFilterType": "NONE"}, "leave Accounts out"),
        ({"OrganizationalUnitIds": ["ou-aaaa-bbbbbbbb"]}, "ou-aaaa-bbbbbbbb not found in organization"),
        ({"OrganizationalUnitIds": ["dev"]}, "organizationalUnitIds"),
        ({"OrganizationalUnitIds": ["{dev}"], "AccountsUrl": "s3://list"}, "does not read AccountsUrl"),
    ],
)
def test_targets_that_do_not_hold_together_are_refused(
    cloudformation: Any, dev: str, wrong: dict[str, Any], message: str
) -> None:
    create(cloudformation, "wrong-targets", ClientRequestToken="same")
    asked = json.loads(json.dumps(wrong).replace("{dev}", dev))
    with pytest.raises(ClientError, match=message):
        deploy(cloudformation, "wrong-targets", dev, DeploymentTargets=asked)
    assert cloudformation.list_stack_set_operations(StackSetName="wrong-targets")["Summaries"] == []


def test_a_suspended_account_is_skipped_and_no_failure(local_aws: LocalAws, cloudformation: Any, dev: str) -> None:
    create(cloudformation, "skipping")
    operation_id = deploy(cloudformation, "skipping", dev, SUSPENDED, OperationPreferences={})
    assert ended(cloudformation, "skipping", operation_id) == "SUCCEEDED"
    assert instance(cloudformation, "skipping", SUSPENDED) == (
        "OUTDATED", "SKIPPED_SUSPENDED_ACCOUNT", "ACCOUNT_SUSPENDED",
    )  # fmt: skip
    assert stack_of(local_aws, "skipping", SUSPENDED) is None


def test_a_failure_has_the_reason_of_the_resource_and_leaves_no_stack(
    local_aws: LocalAws, cloudformation: Any, dev: str
) -> None:
    # Bucket names are global: this one belongs to another account.
    acting_in(local_aws, PROD, "s3").create_bucket(Bucket="somebody-elses")
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "somebody-elses"}}
    create(cloudformation, "failing", json.dumps({"Resources": {"Data": bucket}}))
    operation_id = deploy(cloudformation, "failing", dev, DEV, OperationPreferences={})
    assert ended(cloudformation, "failing", operation_id) == "FAILED"
    status, reason = outcome(cloudformation, "failing", operation_id)[DEV]
    assert status == "FAILED"
    assert reason.startswith("ResourceLogicalId:Data, ResourceType:AWS::S3::Bucket, ResourceStatusReason:")
    assert "already exists" in reason
    assert instance(cloudformation, "failing", DEV) == ("OUTDATED", "FAILED", reason)
    assert stack_of(local_aws, "failing", DEV) is None
    described = cloudformation.describe_stack_set_operation(StackSetName="failing", OperationId=operation_id)
    assert described["StackSetOperation"]["StatusDetails"]["FailedStackInstancesCount"] == 1


def test_an_update_changes_the_stacks_and_retries_what_failed(
    local_aws: LocalAws, cloudformation: Any, dev: str
) -> None:
    create(cloudformation, "retried")
    faults.refuse(SECOND, "an explicit deny in a service control policy")
    first = deploy(cloudformation, "retried", dev, DEV, SECOND)
    assert ended(cloudformation, "retried", first) == "SUCCEEDED"
    assert outcome(cloudformation, "retried", first) == {
        DEV: ("SUCCEEDED", ""),
        SECOND: ("FAILED", "an explicit deny in a service control policy"),
    }
    faults.accept(SECOND)
    before = stack_of(local_aws, "retried", DEV)
    second = cloudformation.update_stack_set(
        StackSetName="retried", UsePreviousTemplate=True, Parameters=parameters(Colour="red"),
        DeploymentTargets=targets(dev, DEV, SECOND), Regions=REGIONS, OperationPreferences=PARALLEL,
    )["OperationId"]  # fmt: skip
    assert ended(cloudformation, "retried", second) == "SUCCEEDED"
    after = stack_of(local_aws, "retried", DEV)
    assert before is not None
    assert after is not None
    assert (after["StackId"], after["StackStatus"]) == (before["StackId"], "UPDATE_COMPLETE")
    assert [colour_of(local_aws, "retried", account) for account in (DEV, SECOND)] == ["red", "red"]
    assert instance(cloudformation, "retried", SECOND) == ("CURRENT", "SUCCEEDED", "")


def test_an_update_of_some_leaves_the_others_outdated(local_aws: LocalAws, cloudformation: Any, dev: str) -> None:
    deployed(cloudformation, "partly", dev, DEV, SECOND)
    update = {"StackSetName": "partly", "UsePreviousTemplate": True, "Parameters": parameters(Colour="red")}
    some = cloudformation.update_stack_set(**update, DeploymentTargets=targets(dev, DEV), Regions=REGIONS)
    assert ended(cloudformation, "partly", some["OperationId"]) == "SUCCEEDED"
    assert instance(cloudformation, "partly", DEV)[0] == "CURRENT"
    assert instance(cloudformation, "partly", SECOND)[0] == "OUTDATED"
    assert colour_of(local_aws, "partly", SECOND) == "blue"
    everything = cloudformation.update_stack_set(**update, OperationPreferences=PARALLEL)
    assert ended(cloudformation, "partly", everything["OperationId"]) == "SUCCEEDED"
    assert outcome(cloudformation, "partly", everything["OperationId"]) == {
        DEV: ("SUCCEEDED", "No updates are to be performed."),
        SECOND: ("SUCCEEDED", ""),
    }
    assert colour_of(local_aws, "partly", SECOND) == "red"


def test_an_update_cannot_reach_what_has_no_instance(local_aws: LocalAws, cloudformation: Any, dev: str) -> None:
    deployed(cloudformation, "reaching", dev, DEV)
    update = {"StackSetName": "reaching", "UsePreviousTemplate": True, "Regions": REGIONS}
    with pytest.raises(cloudformation.exceptions.StackInstanceNotFoundException, match=SECOND):
        cloudformation.update_stack_set(**update, DeploymentTargets=targets(dev, SECOND))
    staging = organization_of(local_aws).units["staging"]
    with pytest.raises(ClientError, match=f"Organizational unit {staging} not found in StackSet"):
        cloudformation.update_stack_set(**update, DeploymentTargets=targets(staging, STAGING))


def test_a_set_is_deleted_after_its_instances(local_aws: LocalAws, cloudformation: Any, dev: str) -> None:
    deployed(cloudformation, "leaving", dev, DEV, SECOND)
    with pytest.raises(cloudformation.exceptions.StackSetNotEmptyException):
        cloudformation.delete_stack_set(StackSetName="leaving")
    request = {"StackSetName": "leaving", "Regions": REGIONS}
    gone = cloudformation.delete_stack_instances(
        **request, DeploymentTargets=targets(dev, DEV), RetainStacks=False
    )["OperationId"]  # fmt: skip
    assert ended(cloudformation, "leaving", gone) == "SUCCEEDED"
    assert stack_of(local_aws, "leaving", DEV) is None
    kept = cloudformation.delete_stack_instances(
        **request, DeploymentTargets=targets(dev, SECOND), RetainStacks=True
    )["OperationId"]  # fmt: skip
    assert ended(cloudformation, "leaving", kept) == "SUCCEEDED"
    assert stack_of(local_aws, "leaving", SECOND) is not None
    assert accounts_of(cloudformation, "leaving") == set()
    cloudformation.delete_stack_set(StackSetName="leaving")
    with pytest.raises(cloudformation.exceptions.StackSetNotFoundException):
        cloudformation.list_stack_instances(StackSetName="leaving")


def test_a_stack_that_cannot_be_deleted_makes_its_instance_inoperable(
    local_aws: LocalAws, cloudformation: Any, dev: str
) -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "holds-something"}}
    deployed(cloudformation, "stuck", dev, DEV, body=json.dumps({"Resources": {"Data": bucket}}))
    acting_in(local_aws, DEV, "s3").put_object(Bucket="holds-something", Key="a", Body=b"a")
    request = {"StackSetName": "stuck", "Regions": REGIONS, "DeploymentTargets": targets(dev, DEV)}
    failed = cloudformation.delete_stack_instances(**request, RetainStacks=False)["OperationId"]
    assert ended(cloudformation, "stuck", failed) == "FAILED"
    status, detailed, reason = instance(cloudformation, "stuck", DEV)
    assert (status, detailed) == ("INOPERABLE", "INOPERABLE")
    assert reason.startswith("ResourceLogicalId:Data, ResourceType:AWS::S3::Bucket")
    # It is left alone by updates, and goes when its stack is left to somebody else.
    update = cloudformation.update_stack_set(StackSetName="stuck", UsePreviousTemplate=True)["OperationId"]
    assert ended(cloudformation, "stuck", update) == "SUCCEEDED"
    assert outcome(cloudformation, "stuck", update) == {}
    retained = cloudformation.delete_stack_instances(**request, RetainStacks=True)["OperationId"]
    assert ended(cloudformation, "stuck", retained) == "SUCCEEDED"
    assert accounts_of(cloudformation, "stuck") == set()


def test_instances_are_listed_by_filter_and_by_page(cloudformation: Any, dev: str) -> None:
    create(cloudformation, "listed")
    faults.refuse(SECOND, "refused")
    operation_id = deploy(cloudformation, "listed", dev, DEV, SECOND, THIRD)
    ended(cloudformation, "listed", operation_id)

    def accounts(**request: Any) -> list[str]:
        pages = cloudformation.get_paginator("list_stack_instances").paginate(StackSetName="listed", **request)
        return [one["Account"] for page in pages for one in page["Summaries"]]

    assert accounts(Filters=[{"Name": "DETAILED_STATUS", "Values": "FAILED"}]) == [SECOND]
    assert accounts(Filters=[{"Name": "LAST_OPERATION_ID", "Values": "another"}]) == []
    assert accounts(StackInstanceAccount=THIRD) == [THIRD]
    assert accounts(StackInstanceRegion="eu-west-1") == []
    first = cloudformation.list_stack_instances(StackSetName="listed", MaxResults=2)
    assert len(first["Summaries"]) == 2
    rest = cloudformation.list_stack_instances(StackSetName="listed", NextToken=first["NextToken"])
    assert {one["Account"] for one in first["Summaries"] + rest["Summaries"]} == {DEV, SECOND, THIRD}
    failed = cloudformation.list_stack_set_operation_results(
        StackSetName="listed", OperationId=operation_id, MaxResults=1,
        Filters=[{"Name": "OPERATION_RESULT_STATUS", "Values": "FAILED"}],
    )  # fmt: skip
    assert [one["Account"] for one in failed["Summaries"]] == [SECOND]
    assert "NextToken" not in failed


def test_what_is_not_there_has_its_own_error(cloudformation: Any) -> None:
    create(cloudformation, "lonely")
    with pytest.raises(cloudformation.exceptions.StackInstanceNotFoundException):
        instance(cloudformation, "lonely", DEV)
    for operation in ("describe_stack_set_operation", "list_stack_set_operation_results"):
        with pytest.raises(cloudformation.exceptions.OperationNotFoundException):
            getattr(cloudformation, operation)(StackSetName="lonely", OperationId="none")
        with pytest.raises(cloudformation.exceptions.StackSetNotFoundException):
            getattr(cloudformation, operation)(StackSetName="nobody", OperationId="none")
