# SPDX-License-Identifier: Apache-2.0
"""Application Auto Scaling: variants of endpoints follow their load and their schedules in the local clock."""

from __future__ import annotations

from typing import Final

import pytest
from botocore.exceptions import ClientError

from scripts.local_aws.server import LocalAws
from tests.local_aws.autoscaling.conftest import Endpoint
from tests.local_aws.autoscaling.minutes import TARGET, count_of, minutes
from tests.local_aws.conftest import ClientFactory

LOAD: Final = {
    "TargetValue": 10.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    "ScaleInCooldown": 60,
    "ScaleOutCooldown": 300,
}


def test_three_busy_minutes_add_instances_and_fifteen_quiet_ones_take_them_away(
    client: ClientFactory, local_aws: LocalAws, endpoint: Endpoint
) -> None:
    scaling, sm = client("application-autoscaling"), client("sagemaker")
    place = {**TARGET, "ResourceId": endpoint("followed")}
    scaling.register_scalable_target(**place, MinCapacity=1, MaxCapacity=6)
    policy = {"PolicyName": "load", "PolicyType": "TargetTrackingScaling"}
    scaling.put_scaling_policy(**place, **policy, TargetTrackingScalingPolicyConfiguration=LOAD)
    assert minutes(local_aws, sm, "followed", 3, 40) == [1, 1, 4]
    # The cool-down holds a second step back, and the maximum limits it.
    assert minutes(local_aws, sm, "followed", 5, 80)[:4] == [4, 4, 4, 4]
    assert count_of(sm, "followed") == 6
    assert minutes(local_aws, sm, "followed", 15, 12)[-1] == 2
    # Without calls there is no metric, and AWS takes nothing away.
    assert minutes(local_aws, sm, "followed", 20, 0)[-1] == 2


def test_a_schedule_changes_the_limits_and_they_the_number(
    client: ClientFactory, local_aws: LocalAws, endpoint: Endpoint
) -> None:
    scaling, sm = client("application-autoscaling"), client("sagemaker")
    place = {**TARGET, "ResourceId": endpoint("scheduled")}
    scaling.register_scalable_target(**place, MinCapacity=2, MaxCapacity=4)
    assert count_of(sm, "scheduled") == 2
    action = {"ScheduledActionName": "more", "Schedule": "rate(2 hours)"}
    scaling.put_scheduled_action(**place, **action, ScalableTargetAction={"MinCapacity": 3, "MaxCapacity": 9})
    local_aws.advance(2 * 3600)
    assert count_of(sm, "scheduled") == 3
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=[place["ResourceId"]])[
        "ScalableTargets"
    ]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (3, 9)


@pytest.mark.parametrize(
    ("variant", "minimum", "words"),
    [
        pytest.param({"InstanceType": "ml.t2.medium"}, 1, "does not scale burstable instances", id="burstable"),
        pytest.param({}, 0, "must be 1 or more", id="to zero"),
    ],
)
def test_what_sagemaker_does_not_scale_is_refused(
    client: ClientFactory, endpoint: Endpoint, variant: dict[str, str], minimum: int, words: str
) -> None:
    place = {**TARGET, "ResourceId": endpoint(f"refused-{minimum}", **variant)}
    with pytest.raises(ClientError, match=words):
        client("application-autoscaling").register_scalable_target(**place, MinCapacity=minimum, MaxCapacity=2)


def test_an_endpoint_that_is_not_there_is_refused(client: ClientFactory) -> None:
    place = {**TARGET, "ResourceId": "endpoint/nowhere/variant/AllTraffic"}
    with pytest.raises(ClientError, match="No variant found"):
        client("application-autoscaling").register_scalable_target(**place, MinCapacity=1, MaxCapacity=2)
