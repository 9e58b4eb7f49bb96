# SPDX-License-Identifier: Apache-2.0
"""The template in docs/operating.md sends changes in IAM on to the Region of the orchestrator, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from scripts.local_aws import clients
from scripts.local_aws.eventbridge import events
from scripts.local_aws.server import LocalAws
from scripts.paths import ROOT

ACCOUNT, THERE, HERE = "123456789012", "us-east-1", "eu-west-1"
CALL = "AWS API Call via CloudTrail"


@pytest.fixture(scope="module", autouse=True)
def local_aws() -> Iterator[LocalAws]:
    with LocalAws(region=THERE) as aws:
        yield aws


def client(service: str, region: str) -> Any:
    return clients.client(service, f"arn:aws:iam::{ACCOUNT}:role/absent", region)


def test_a_change_in_iam_reaches_a_rule_in_the_region_of_the_orchestrator() -> None:
    page = (ROOT / "docs" / "operating.md").read_text("utf-8")
    (template,) = re.findall(r"^```yaml\n(Parameters:.*?)^```", page, re.DOTALL | re.MULTILINE)
    cloudformation = client("cloudformation", THERE)
    region = {"ParameterKey": "OrchestratorRegion", "ParameterValue": HERE}
    cloudformation.create_stack(
        StackName="sent-on", TemplateBody=template, Parameters=[region], Capabilities=["CAPABILITY_IAM"]
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName="sent-on", WaiterConfig={"Delay": 0})
    sqs, rules = client("sqs", HERE), client("events", HERE)
    url = sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = f"arn:aws:sqs:{HERE}:{ACCOUNT}:heard"
    anybody = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [anybody]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    rules.put_rule(Name="heard", EventPattern=json.dumps({"account": [ACCOUNT]}))
    rules.put_targets(Rule="heard", Targets=[{"Id": "heard", "Arn": arn}])
    for source, name in (("aws.ec2", "RunInstances"), ("aws.iam", "PutRolePolicy")):
        events.emit(source, CALL, {"eventName": name}, [], ACCOUNT, THERE)
        assert events.wait_idle(60)
    heard = [json.loads(message["Body"]) for message in sqs.receive_message(QueueUrl=url).get("Messages", [])]
    assert [(found["source"], found["region"], found["detail"]) for found in heard] == [
        ("aws.iam", THERE, {"eventName": "PutRolePolicy"})
    ]
