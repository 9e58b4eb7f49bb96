# SPDX-License-Identifier: Apache-2.0
"""SageMaker looks at alarms as the model's execution role: an update that it could not watch does not begin."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts.local_aws.server import LocalAws
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.serving import CUSTOM_IMAGE, make_config

ALARM = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors"
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}
DEPLOYMENT: dict[str, Any] = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0},
        "TerminationWaitInSeconds": 300,
    },
    "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
}


@pytest.fixture(scope="module")
def local_aws() -> Iterator[LocalAws]:
    with LocalAws(enforce_iam=True) as aws:
        yield aws


def document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_role_of_the_model_must_see_the_alarms(client: ClientFactory) -> None:
    sm, iam = client("sagemaker"), client("iam")
    role = iam.create_role(RoleName="model", AssumeRolePolicyDocument=document(TRUST))["Role"]["Arn"]
    client("cloudwatch").put_metric_alarm(
        AlarmName="errors", Namespace="AWS/SageMaker", MetricName="Invocation5XXErrors", Statistic="Sum", Period=60,
        EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    sm.create_model(ModelName="Model", ExecutionRoleArn=role, PrimaryContainer={"Image": CUSTOM_IMAGE})
    for name in ("first", "second"):
        make_config(sm, name)
    sm.create_endpoint(EndpointName="watched", EndpointConfigName="first")

    def update() -> str:
        sm.update_endpoint(EndpointName="watched", EndpointConfigName="second", DeploymentConfig=DEPLOYMENT)
        return str(sm.describe_endpoint(EndpointName="watched")["EndpointStatus"])

    with pytest.raises(ClientError, match="cloudwatch:DescribeAlarms"):
        update()
    assert sm.describe_endpoint(EndpointName="watched")["EndpointStatus"] == "InService"
    allowed = {"Effect": "Allow", "Action": "cloudwatch:DescribeAlarms", "Resource": ALARM}
    iam.put_role_policy(RoleName="model", PolicyName="alarms", PolicyDocument=document(allowed))
    assert update() == "Updating"
