# SPDX-License-Identifier: Apache-2.0
"""What a client of CloudFormation sees when stacks are made and deleted: statuses, events, roles, rollback."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.gates import Gate, body, create, events, reason, rest, status, thing, update
from tests.local_aws.waiting import SECONDS


def test_events_tell_the_whole_creation_in_order(cloudformation: Any, gate: Gate) -> None:
    create(
        cloudformation,
        "order",
        body(Second=thing(Value={"Ref": "First"}), First=thing(), Last=thing(DependsOn="Second")),
    )
    assert events(cloudformation, "order") == [
        ("order", "CREATE_IN_PROGRESS"),
        ("First", "CREATE_IN_PROGRESS"),
        ("First", "CREATE_COMPLETE"),
        ("Second", "CREATE_IN_PROGRESS"),
        ("Second", "CREATE_COMPLETE"),
        ("Last", "CREATE_IN_PROGRESS"),
        ("Last", "CREATE_COMPLETE"),
        ("order", "CREATE_COMPLETE"),
    ]
    assert reason(cloudformation, "order", "order", "CREATE_IN_PROGRESS") == "User Initiated"
    listed = cloudformation.list_stack_resources(StackName="order")["StackResourceSummaries"]
    assert {one["LogicalResourceId"]: one["ResourceStatus"] for one in listed}["Second"] == "CREATE_COMPLETE"
    assert {one["PhysicalResourceId"] for one in listed} == set(gate.existing)


def test_progress_is_visible_and_the_stack_is_busy_until_it_ends(cloudformation: Any, gate: Gate) -> None:
    gate.open.clear()
    template = body(Slow=thing())
    stack_id = cloudformation.create_stack(StackName="slow", TemplateBody=template)["StackId"]
    assert gate.reached.wait(SECONDS)
    assert status(cloudformation, "slow") == "CREATE_IN_PROGRESS"
    resource = cloudformation.describe_stack_resource(StackName="slow", LogicalResourceId="Slow")
    assert resource["StackResourceDetail"]["ResourceStatus"] == "CREATE_IN_PROGRESS"
    with pytest.raises(ClientError, match=f"Stack:{stack_id} is in CREATE_IN_PROGRESS state and can not be updated."):
        cloudformation.update_stack(StackName="slow", TemplateBody=body(Slow=thing(Value="x")))
    with pytest.raises(ClientError, match=r"Stack \[slow\] already exists") as refused:
        cloudformation.create_stack(StackName="slow", TemplateBody=template)
    assert refused.value.response["Error"]["Code"] == "AlreadyExistsException"
    gate.open.set()
    assert rest(cloudformation, "slow") == "CREATE_COMPLETE"


def test_a_stack_can_be_deleted_while_it_is_created(cloudformation: Any, gate: Gate) -> None:
    gate.open.clear()
    template = body(One=thing(), Two=thing(DependsOn="One"))
    stack_id = cloudformation.create_stack(StackName="unwanted", TemplateBody=template)["StackId"]
    assert gate.reached.wait(SECONDS)
    cloudformation.delete_stack(StackName="unwanted")
    assert status(cloudformation, stack_id) == "DELETE_IN_PROGRESS"
    gate.open.set()
    assert rest(cloudformation, stack_id) == "DELETE_COMPLETE"
    assert gate.existing == {}
    assert ("Two", "CREATE_IN_PROGRESS") not in events(cloudformation, stack_id)


def test_a_failed_creation_is_rolled_back_with_the_reason(cloudformation: Any, gate: Gate) -> None:
    template = body(
        Good=thing(DeletionPolicy="Delete"),
        Kept=thing(DeletionPolicy="Retain"),
        Bad=thing(Fail="no room", DependsOn=["Good", "Kept"], DeletionPolicy="Retain"),
        Never=thing(DependsOn="Bad"),
    )
    stack_id = create(cloudformation, "rolled", template)
    assert status(cloudformation, "rolled") == "ROLLBACK_COMPLETE"
    assert reason(cloudformation, "rolled", "Bad", "CREATE_FAILED") == "no room"
    assert "[Bad]" in reason(cloudformation, "rolled", "rolled", "ROLLBACK_IN_PROGRESS")
    assert ("Good", "DELETE_COMPLETE") in events(cloudformation, "rolled")
    assert ("Kept", "DELETE_SKIPPED") in events(cloudformation, "rolled")
    assert ("Never", "CREATE_IN_PROGRESS") not in events(cloudformation, "rolled")
    assert len(gate.existing) == 1, "what Retain keeps, and nothing of the failed one"
    with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state and can not be updated"):
        cloudformation.update_stack(StackName="rolled", TemplateBody=body(Good=thing()))
    cloudformation.delete_stack(StackName="rolled")
    assert rest(cloudformation, stack_id) == "DELETE_COMPLETE"


def test_do_nothing_leaves_a_failed_stack_as_it_is(cloudformation: Any, gate: Gate) -> None:
    create(cloudformation, "left", body(Good=thing(), Bad=thing(Fail="no", DependsOn="Good")), OnFailure="DO_NOTHING")
    assert status(cloudformation, "left") == "CREATE_FAILED"
    assert any(properties == {} for properties in gate.existing.values())


def test_on_failure_delete_leaves_only_the_record(cloudformation: Any, gate: Gate) -> None:
    stack_id = create(cloudformation, "gone", body(Bad=thing(Fail="no")), OnFailure="DELETE")
    assert status(cloudformation, stack_id) == "DELETE_COMPLETE"
    assert reason(cloudformation, stack_id, "Bad", "CREATE_FAILED") == "no"
    assert gate.existing == {}
    with pytest.raises(ClientError, match="Stack with id gone does not exist"):
        cloudformation.describe_stacks(StackName="gone")
    with pytest.raises(ClientError, match=r"Stack \[gone\] does not exist"):
        cloudformation.describe_stack_events(StackName="gone")
    summaries = cloudformation.list_stacks(StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"]
    assert stack_id in [one["StackId"] for one in summaries]
    create(cloudformation, "gone", body(Good=thing()))
    assert status(cloudformation, "gone") == "CREATE_COMPLETE"


def test_a_failed_deletion_can_be_repeated(cloudformation: Any, gate: Gate) -> None:
    stack_id = create(cloudformation, "used", body(
        Base=thing(), Used=thing(Keep="yes", DependsOn="Base"), Free=thing()))  # fmt: skip
    cloudformation.delete_stack(StackName="used")
    assert rest(cloudformation, stack_id) == "DELETE_FAILED"
    assert reason(cloudformation, "used", "Used", "DELETE_FAILED") == "somebody uses it"
    assert "[Used]" in reason(cloudformation, "used", "used", "DELETE_FAILED")
    assert len(gate.existing) == 2, "the one that is used and the one that it needs"
    cloudformation.delete_stack(StackName="used", RetainResources=["Used"])
    assert rest(cloudformation, stack_id) == "DELETE_COMPLETE"
    cloudformation.delete_stack(StackName="never-there")


def test_protected_stacks_are_not_deleted(cloudformation: Any, gate: Gate) -> None:
    create(cloudformation, "safe", body(A=thing()), EnableTerminationProtection=True)
    with pytest.raises(ClientError, match=r"Stack \[safe\] cannot be deleted while TerminationProtection is enabled"):
        cloudformation.delete_stack(StackName="safe")
    cloudformation.update_termination_protection(StackName="safe", EnableTerminationProtection=False)
    cloudformation.delete_stack(StackName="safe")


def test_resources_are_made_as_the_stacks_role_or_as_the_caller(client: Any, gate: Gate) -> None:
    iam, plain = client("iam"), client("cloudformation")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    create(plain, "as-role", body(A=thing()), RoleARN=role)
    assert gate.callers[-1].startswith("arn:aws:sts::123456789012:assumed-role/deployer/")
    update(plain, "as-role", body(A=thing(Value="later")))
    assert ":assumed-role/deployer/" in gate.callers[-1], "the role stays with the stack"
    assert plain.describe_stacks(StackName="as-role")["Stacks"][0]["RoleARN"] == role
    arn = "arn:aws:iam::222233334444:role/visitor"
    keys = client("sts").assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    visitor = client(
        "cloudformation",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    stack_id = create(visitor, "as-caller", body(A=thing()))
    assert ":222233334444:stack/as-caller/" in stack_id
    assert gate.callers[-1].startswith("arn:aws:sts::222233334444:assumed-role/visitor/")


def test_what_the_local_aws_does_not_do_is_said(cloudformation: Any, gate: Gate) -> None:
    with pytest.raises(ClientError, match="The local AWS does not support NotificationARNs"):
        cloudformation.create_stack(
            StackName="told", TemplateBody=body(A=thing()), NotificationARNs=["arn:aws:sns:us-east-1:123456789012:t"]
        )
