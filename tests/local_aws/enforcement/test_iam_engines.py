# SPDX-License-Identifier: Apache-2.0
"""What acts behind the edge asks for leave too: CloudFormation's handlers, EventBridge, services in a role."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from scripts.local_aws import clients
from scripts.local_aws.enforcement import services
from scripts.local_aws.eventbridge import events
from scripts.local_aws.server import LocalAws
from tests.local_aws.deploying import wait
from tests.local_aws.waiting import SECONDS

ACCOUNT, REGION = "123456789012", "us-east-1"
GROUP = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "made"}}
READ = [
    *("logs:ListTagsForResource", "logs:GetDataProtectionPolicy", "logs:DescribeIndexPolicies"),
    "logs:DescribeResourcePolicies",
]
# CloudFormation tags what it makes with the stack's name.
GROUP_ACTIONS = [
    *("logs:CreateLogGroup", "logs:DescribeLogGroups", "logs:TagResource", "logs:UntagResource"),
    *READ,
]


@pytest.fixture(scope="module", params=[True, False], ids=["enforced", "not enforced"])
def enforced(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
def local_aws(enforced: bool) -> Iterator[LocalAws]:
    with LocalAws(enforce_iam=enforced) as aws:
        yield aws


@pytest.fixture(scope="module")
def client(local_aws: LocalAws) -> Callable[[str], Any]:
    """As the administrator, for which a role that does not exist stands."""
    return lambda service: clients.client(service, f"arn:aws:iam::{ACCOUNT}:role/absent", REGION)


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def role(client: Any, service: str, *actions: str) -> str:
    """A role that a service may take on, and that may do these things."""
    name = f"r-{uuid.uuid4().hex[:8]}"
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    arn = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    if actions:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        client("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(statement))
    return str(arn)


def deployed(client: Any, role_arn: str) -> tuple[str, list[str]]:
    """The status of a stack with a log group under a role, and why resources failed; the stack is gone afterwards."""
    name = f"s-{uuid.uuid4().hex[:8]}"
    cloudformation = client("cloudformation")
    template = json.dumps({"Resources": {"Group": GROUP}})
    cloudformation.create_stack(StackName=name, TemplateBody=template, RoleARN=role_arn, DisableRollback=True)
    with suppress(WaiterError):
        wait(cloudformation, "create", name)
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    found = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    reasons = [event["ResourceStatusReason"] for event in found if event["ResourceStatus"] == "CREATE_FAILED"]
    administrator = role(client, "cloudformation.amazonaws.com", "*")
    cloudformation.delete_stack(StackName=name, RoleARN=administrator)
    wait(cloudformation, "delete", name)
    return str(stack["StackStatus"]), reasons


@pytest.mark.parametrize("lacking", ["", "logs:CreateLogGroup", *READ])
def test_a_stacks_role_must_allow_what_the_handler_does(client: Any, enforced: bool, lacking: str) -> None:
    """Creating is the engine's own call. Looking at the group is done by AWS's handler alone, also at what no property
    of the template has set (lesson 103)."""
    actions = [action for action in GROUP_ACTIONS if action != lacking]

    status, reasons = deployed(client, role(client, "cloudformation.amazonaws.com", *actions))

    if lacking and enforced:
        assert status == "CREATE_FAILED"
        assert f"because no identity-based policy allows the {lacking} action" in reasons[-1]
    else:
        assert (status, reasons) == ("CREATE_COMPLETE", [])


def test_cloudformation_takes_on_only_roles_that_trust_it(client: Any, enforced: bool) -> None:
    status, reasons = deployed(client, role(client, "lambda.amazonaws.com", *GROUP_ACTIONS))

    assert status == ("CREATE_FAILED" if enforced else "CREATE_COMPLETE")
    assert not enforced or "cloudformation.amazonaws.com is not authorized to perform: sts:AssumeRole" in reasons[-1]


@pytest.mark.parametrize("source", ["this", "another", ""])
def test_a_queue_lets_in_the_rules_that_its_policy_names(client: Any, enforced: bool, source: str) -> None:
    name = f"q-{uuid.uuid4().hex[:8]}"
    url, arn = client("sqs").create_queue(QueueName=name)["QueueUrl"], f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    rule = client("events").put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))["RuleArn"]
    client("events").put_targets(Rule=name, Targets=[{"Id": "t", "Arn": arn}])
    if source:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": rule if source == "this" else f"{rule}-2"}},
        }
        client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(statement)})

    client("events").put_events(Entries=[{"Source": name, "DetailType": "x", "Detail": "{}"}])
    assert events.wait_idle(SECONDS)

    arrived = client("sqs").receive_message(QueueUrl=url).get("Messages", [])
    assert len(arrived) == (1 if source == "this" or not enforced else 0)


def test_a_function_takes_only_a_role_that_trusts_lambda(client: Any, enforced: bool) -> None:
    create = lambda arn: client("lambda").create_function(  # noqa: E731
        FunctionName=f"f-{uuid.uuid4().hex[:8]}", Role=arn, Handler="i.h", Runtime="python3.13",
        Code={"ZipFile": b"PK\x05\x06" + bytes(18)},
    )  # fmt: skip

    assert create(role(client, "lambda.amazonaws.com"))["FunctionArn"]
    stranger = role(client, "sagemaker.amazonaws.com")
    if not enforced:
        assert create(stranger)["FunctionArn"]
        return
    with pytest.raises(ClientError, match="The role defined for the function cannot be assumed by Lambda"):
        create(stranger)


def test_a_condition_on_what_a_service_does_not_say_keeps_it_out(client: Any, enforced: bool) -> None:
    """Only some services say for whom they take on a role, and EventBridge for which rule."""
    arn = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/a"
    trusted = {
        "lambda": {"aws:SourceAccount": ACCOUNT},
        "events": {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": arn},
        "sagemaker": {"aws:SourceArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:*"},
    }
    taken = {}
    for service, condition in trusted.items():
        principal = {"Service": f"{service}.amazonaws.com"}
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
        text = document({**trust, "Condition": {"StringEquals": condition}})
        name = f"r-{uuid.uuid4().hex[:8]}"
        role_arn = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=text)["Role"]["Arn"]
        for source in (arn, f"{arn}-2") if service == "events" else ("",):
            try:
                services.check_trust(principal["Service"], role_arn, REGION, source)
            except ClientError:
                taken[service, source] = False
            else:
                taken[service, source] = True
    assert taken == {
        ("lambda", ""): not enforced,
        ("events", arn): True,
        ("events", f"{arn}-2"): not enforced,
        ("sagemaker", ""): True,
    }
