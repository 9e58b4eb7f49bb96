# SPDX-License-Identifier: Apache-2.0
"""What an endpoint and its alarms are made of, for each way of an update."""

from __future__ import annotations

from typing import Any

from tests.generator.resolving import Template, made

LIMITS = {"AlarmLimits": "0.05,0,180", "EndpointName": "berths"}


def config(template: Template, deployment: str, **given: str) -> dict[str, Any]:
    endpoint = made(template, "MLOpsSagemakerEndpoint", **{**LIMITS, "Deployment": deployment, **given})
    found: dict[str, Any] = endpoint["DeploymentConfig"]
    return found


def test_a_canary_has_a_first_step_and_is_watched(blueprint: Template) -> None:
    found = config(blueprint, "CANARY,CAPACITY_PERCENT,10,300,7200", RollbackAlarms="drift,,")
    assert found["BlueGreenUpdatePolicy"] == {
        "MaximumExecutionTimeoutInSeconds": "7200",
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": "10"},
            "WaitIntervalInSeconds": "300",
        },
    }
    names = [alarm["AlarmName"] for alarm in found["AutoRollbackConfiguration"]["Alarms"]]
    assert names == [{"Ref": "EndpointErrorsAlarm"}, {"Ref": "EndpointCpuAlarm"}, "drift"]
    assert "RollingUpdatePolicy" not in found


def test_linear_steps_are_of_one_size(blueprint: Template) -> None:
    routing = config(blueprint, "LINEAR,INSTANCE_COUNT,2,300,7200")["BlueGreenUpdatePolicy"]
    assert routing["TrafficRoutingConfiguration"]["LinearStepSize"] == {"Type": "INSTANCE_COUNT", "Value": "2"}
    assert "CanarySize" not in routing["TrafficRoutingConfiguration"]


def test_rolling_batches_have_a_policy_of_their_own(blueprint: Template) -> None:
    found = config(blueprint, "ROLLING,CAPACITY_PERCENT,50,300,7200")
    assert found.keys() == {"AutoRollbackConfiguration", "RollingUpdatePolicy"}
    assert found["RollingUpdatePolicy"]["MaximumBatchSize"] == {"Type": "CAPACITY_PERCENT", "Value": "50"}


def test_without_alarms_there_is_no_list_of_them(blueprint: Template) -> None:
    found = config(blueprint, "ALL_AT_ONCE,CAPACITY_PERCENT,1,0,7200", AlarmLimits="0,0,0")
    assert found.keys() == {"BlueGreenUpdatePolicy"}
    assert found["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"].keys() == {"Type", "WaitIntervalInSeconds"}


def test_alarms_are_there_before_the_endpoint_that_names_them(blueprint: Template) -> None:
    for name in ("EndpointErrorsAlarm", "EndpointLatencyAlarm", "EndpointCpuAlarm"):
        alarm = made(blueprint, name, **LIMITS)
        assert [each["Value"] for each in alarm["Dimensions"]] == ["berths", "AllTraffic"]
    assert made(blueprint, "EndpointErrorsAlarm", **LIMITS)["Threshold"] == "0.05"
