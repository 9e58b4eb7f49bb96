# SPDX-License-Identifier: Apache-2.0
"""What CloudFormation tells EventBridge of stacks and of operations on stack sets, in the form that AWS documents."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts.local_aws.cloudformation.stack_sets import faults
from scripts.local_aws.eventbridge import events
from scripts.local_aws.server import LocalAws
from tests.local_aws.deploying import wait
from tests.local_aws.stack_setting import ACCOUNTS, create, ended, organization_of, targets
from tests.local_aws.waiting import SECONDS

HOME = "123456789012"
TOPIC = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
Arrived = Callable[[], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def local_aws() -> Iterator[LocalAws]:
    with LocalAws(accounts=ACCOUNTS, enforce_iam=False) as aws:
        yield aws


@pytest.fixture
def arrived(client: Any, request: pytest.FixtureRequest) -> Iterator[Arrived]:
    """What CloudFormation has told so far, in order; each event is given once."""
    name = request.node.originalname[:60]
    url = client("sqs").create_queue(QueueName=name)["QueueUrl"]
    client("events").put_rule(Name=name, EventPattern=json.dumps({"source": ["aws.cloudformation"]}))
    arn = f"arn:aws:sqs:us-east-1:{HOME}:{name}"
    client("events").put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])

    def read() -> list[dict[str, Any]]:
        assert events.wait_idle(SECONDS)
        found: list[dict[str, Any]] = []
        while batch := client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in batch:
                client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"]))
        return found

    yield read
    client("events").remove_targets(Rule=name, Ids=["queue"])
    client("events").delete_rule(Name=name)


def _statuses(told: list[dict[str, Any]], key: str, arn: str) -> list[str]:
    return [event["detail"]["status-details"]["status"] for event in told if event["detail"].get(key) == arn]


def test_every_status_of_a_stack_is_told(client: Any, arrived: Arrived) -> None:
    cloudformation = client("cloudformation")
    arn = cloudformation.create_stack(StackName="told", TemplateBody=TOPIC, ClientRequestToken="make")["StackId"]
    wait(cloudformation, "create", arn)
    made = arrived()
    assert _statuses(made, "stack-id", arn) == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
    first = made[0]
    assert (first["source"], first["detail-type"]) == ("aws.cloudformation", "CloudFormation Stack Status Change")
    assert (first["account"], first["region"], first["resources"]) == (HOME, "us-east-1", [arn])
    assert first["detail"] == {
        "stack-id": arn,
        "status-details": {"status": "CREATE_IN_PROGRESS", "status-reason": "User Initiated"},
        "client-request-token": "make",
    }
    cloudformation.delete_stack(StackName=arn)
    wait(cloudformation, "delete", arn)
    gone = arrived()
    assert _statuses(gone, "stack-id", arn) == ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"]
    assert all("client-request-token" not in event["detail"] for event in gone)


def test_operations_on_a_stack_set_are_told_to_its_account(local_aws: LocalAws, client: Any, arrived: Arrived) -> None:
    cloudformation, unit = client("cloudformation"), organization_of(local_aws).units["dev"]
    create(cloudformation, "told")
    arn = cloudformation.describe_stack_set(StackSetName="told")["StackSet"]["StackSetARN"]
    where = {"DeploymentTargets": targets(unit, ACCOUNTS["dev"]), "Regions": ["us-east-1"]}
    cloudformation.create_stack_instances(StackSetName="told", OperationId="make", **where)
    assert ended(cloudformation, "told", "make") == "SUCCEEDED"
    told = arrived()
    assert _statuses(told, "stack-set-arn", arn) == ["RUNNING", "SUCCEEDED"]
    last = [event for event in told if event["detail"].get("stack-set-arn") == arn][-1]
    assert last["detail-type"] == "CloudFormation StackSet Operation Status Change"
    assert last["resources"] == [arn]
    assert last["detail"]["stack-set-operation-id"] == "make"

    faults.refuse(ACCOUNTS["dev"], "an explicit deny")
    where["DeploymentTargets"] = {"OrganizationalUnitIds": [unit]}
    cloudformation.delete_stack_instances(StackSetName="told", OperationId="go", RetainStacks=False, **where)
    assert ended(cloudformation, "told", "go") == "FAILED"
    assert _statuses(arrived(), "stack-set-arn", arn) == ["RUNNING", "FAILED"]


@pytest.mark.parametrize("token", ["x", "-1", "1.5", "\u0663x"])
def test_a_token_that_no_page_had_is_refused(client: Any, token: str) -> None:
    with pytest.raises(ClientError, match="ValidationError"):
        client("cloudformation").describe_stacks(NextToken=token)
