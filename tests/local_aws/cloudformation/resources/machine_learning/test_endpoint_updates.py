# SPDX-License-Identifier: Apache-2.0
"""A stack waits for the deployment of its endpoint, and fails with SageMaker's reason if that is rolled back."""

from __future__ import annotations

import json
from typing import Any

from scripts.local_aws.server import LocalAws
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.deploying import wait
from tests.local_aws.serving import CUSTOM_IMAGE, ROLE, VARIANT
from tests.local_aws.waiting import eventually

_ALARM = {
    "Type": "AWS::CloudWatch::Alarm",
    "Properties": {
        "AlarmName": "quay-errors",
        "Namespace": "AWS/SageMaker",
        "MetricName": "Invocation5XXErrors",
        "Dimensions": [
            {"Name": "EndpointName", "Value": "quay"}, {"Name": "VariantName", "Value": "AllTraffic"},
        ],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0.05,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    },
}  # fmt: skip
_DEPLOYMENT = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": "20"},
            "WaitIntervalInSeconds": "300",
        },
        "TerminationWaitInSeconds": 60,
    },
    "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": {"Ref": "Alarm"}}]},
}


def _template(image: str) -> str:
    model = {"ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": image}}
    variant = VARIANT | {"ModelName": {"Fn::GetAtt": ["Model", "ModelName"]}}
    served = {"Fn::GetAtt": ["Config", "EndpointConfigName"]}
    endpoint = {"EndpointName": "quay", "EndpointConfigName": served, "DeploymentConfig": _DEPLOYMENT}
    resources = {
        "Alarm": _ALARM,
        "Model": {"Type": "AWS::SageMaker::Model", "Properties": model},
        "Config": {"Type": "AWS::SageMaker::EndpointConfig", "Properties": {"ProductionVariants": [variant]}},
        "Endpoint": {"Type": "AWS::SageMaker::Endpoint", "Properties": endpoint},
    }
    return json.dumps({"Resources": resources, "Outputs": {"Config": {"Value": served}}})


def _status(cloudformation: Any) -> str:
    (stack,) = cloudformation.describe_stacks(StackName="quay")["Stacks"]
    return str(stack["StackStatus"])


def _config(client: ClientFactory) -> str:
    return str(client("sagemaker").describe_endpoint(EndpointName="quay")["EndpointConfigName"])


def _begin_update(client: ClientFactory, image: str) -> None:
    client("cloudformation").update_stack(StackName="quay", TemplateBody=_template(image))
    sm = client("sagemaker")
    eventually(lambda: "PendingDeploymentSummary" in sm.describe_endpoint(EndpointName="quay"))


def test_stack_follows_the_deployment_of_its_endpoint(client: ClientFactory, local_aws: LocalAws) -> None:
    cloudformation = client("cloudformation")
    cloudformation.create_stack(StackName="quay", TemplateBody=_template(CUSTOM_IMAGE))
    wait(cloudformation, "create", "quay")
    first = _config(client)

    _begin_update(client, f"{CUSTOM_IMAGE}2")
    assert _status(cloudformation) == "UPDATE_IN_PROGRESS"
    local_aws.advance(300)
    local_aws.advance(61)
    wait(cloudformation, "update", "quay")
    second = _config(client)
    assert second != first

    _begin_update(client, f"{CUSTOM_IMAGE}3")
    client("cloudwatch").set_alarm_state(AlarmName="quay-errors", StateValue="ALARM", StateReason="by hand")
    eventually(lambda: _status(cloudformation) == "UPDATE_ROLLBACK_COMPLETE")
    assert _config(client) == second
    events = cloudformation.describe_stack_events(StackName="quay")["StackEvents"]
    (reason,) = [event["ResourceStatusReason"] for event in events if event["ResourceStatus"] == "UPDATE_FAILED"]
    assert "CloudWatch alarm quay-errors went into the ALARM state" in reason
