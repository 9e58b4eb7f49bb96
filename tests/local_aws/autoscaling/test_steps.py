# SPDX-License-Identifier: Apache-2.0
"""Step scaling: an alarm changes the capacity, by as much as its breach asks for, until it is no longer in ALARM."""

from __future__ import annotations

from typing import Any, Final

import pytest

from scripts.local_aws.autoscaling import steps
from scripts.local_aws.server import LocalAws
from tests.local_aws.autoscaling.conftest import Endpoint
from tests.local_aws.autoscaling.minutes import TARGET, count_of, minutes
from tests.local_aws.conftest import ClientFactory

ONE_MORE: Final[dict[str, Any]] = {
    "AdjustmentType": "ChangeInCapacity",
    "Cooldown": 120,
    "StepAdjustments": [
        {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 10, "ScalingAdjustment": 1},
        {"MetricIntervalLowerBound": 10, "ScalingAdjustment": 3},
    ],
}


def test_an_alarm_adds_capacity_until_it_is_over(
    client: ClientFactory, local_aws: LocalAws, endpoint: Endpoint
) -> None:
    scaling, sm, cloudwatch = client("application-autoscaling"), client("sagemaker"), client("cloudwatch")
    place = {**TARGET, "ResourceId": endpoint("stepped")}
    scaling.register_scalable_target(**place, MinCapacity=1, MaxCapacity=9)
    policy = {"PolicyName": "steps", "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": ONE_MORE}
    action = scaling.put_scaling_policy(**place, **policy)["PolicyARN"]
    dimensions = {"EndpointName": "stepped", "VariantName": "AllTraffic"}
    cloudwatch.put_metric_alarm(
        AlarmName="stepped-is-busy",
        Namespace="AWS/SageMaker",
        MetricName="Invocations",
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=2,
        Threshold=5,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[action],
    )
    # Two minutes make the alarm; after the cool-down it acts again, and by the greater breach with more.
    assert minutes(local_aws, sm, "stepped", 4, 6) == [1, 2, 2, 3]
    assert minutes(local_aws, sm, "stepped", 2, 20) == [3, 6]
    assert minutes(local_aws, sm, "stepped", 5, 0) == [6, 6, 6, 6, 6]
    cloudwatch.delete_alarms(AlarmNames=["stepped-is-busy"])


def test_a_metric_of_ones_own_is_tracked(client: ClientFactory, local_aws: LocalAws, endpoint: Endpoint) -> None:
    scaling, sm = client("application-autoscaling"), client("sagemaker")
    place = {**TARGET, "ResourceId": endpoint("tracked")}
    scaling.register_scalable_target(**place, MinCapacity=1, MaxCapacity=4)
    dimensions = {"EndpointName": "tracked", "VariantName": "AllTraffic"}
    metric = {
        "Namespace": "AWS/SageMaker",
        "MetricName": "ModelLatency",
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "Statistic": "Average",
    }
    tracking = {"TargetValue": 500.0, "CustomizedMetricSpecification": metric, "ScaleOutCooldown": 0}
    policy = {"PolicyName": "latency", "PolicyType": "TargetTrackingScaling"}
    scaling.put_scaling_policy(**place, **policy, TargetTrackingScalingPolicyConfiguration=tracking)
    assert minutes(local_aws, sm, "tracked", 3, 1) == [1, 1, 2]
    assert count_of(sm, "tracked") == 2


@pytest.mark.parametrize(
    ("kind", "adjustment", "count", "desired"),
    [
        pytest.param("ChangeInCapacity", 1, 0, 1, id="one more than none"),
        pytest.param("ChangeInCapacity", -3, 2, 0, id="never below none"),
        pytest.param("ExactCapacity", 4, 7, 4, id="so many"),
        pytest.param("PercentChangeInCapacity", 30, 11, 14, id="percent, rounded down"),
        pytest.param("PercentChangeInCapacity", 5, 4, 5, id="percent, at least one"),
        pytest.param("PercentChangeInCapacity", -10, 4, 3, id="percent, at least one less"),
    ],
)
def test_an_adjustment_is_of_its_type(kind: str, adjustment: int, count: int, desired: int) -> None:
    step = {"MetricIntervalLowerBound": 0, "ScalingAdjustment": adjustment}
    config = {"AdjustmentType": kind, "StepAdjustments": [step]}
    assert steps.wanted(count, config, 0.0) == desired
    assert steps.wanted(count, config, -1.0) == count
    assert steps.wanted(count, config, None) == count
