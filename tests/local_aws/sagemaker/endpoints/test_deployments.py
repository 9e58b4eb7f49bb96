# SPDX-License-Identifier: Apache-2.0
"""UpdateEndpoint in steps: traffic by share, waits by the clock, and the way back when an alarm goes off."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.sagemaker.models import sagemaker_backends

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from scripts.local_aws.sagemaker import model_hosting
from scripts.local_aws.sagemaker.endpoints.endpoint import LocalEndpoint
from scripts.local_aws.server import LocalAws
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.serving import ACCOUNT, BUCKET, CUSTOM_IMAGE, VARIANT, make_config, make_model

ALARM = "errors"
ROLL_BACK = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": ALARM}]}}


@pytest.fixture(scope="module", autouse=True)
def models(client: ClientFactory, trained: TrainedModel) -> None:
    client("s3").create_bucket(Bucket=BUCKET)
    client("s3").put_object(Bucket=BUCKET, Key="model.tar.gz", Body=demo_model.package(trained))
    make_model(client("sagemaker"), "Good")
    make_model(client("sagemaker"), "Broken", CUSTOM_IMAGE)


@pytest.fixture(autouse=True)
def alarm(client: ClientFactory) -> None:
    client("cloudwatch").put_metric_alarm(
        AlarmName=ALARM, Namespace="Other", MetricName="errors", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip


def blue_green(kind: str, wait: int = 300, last: int = 120, **size: Any) -> dict[str, Any]:
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **size}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": last}}


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


CANARY = blue_green("CANARY", CanarySize=percent(10))


class Updated:
    """Endpoint of its own with two configurations, `<name>-old` and `<name>-new`."""

    def __init__(self, sm: Any, name: str, count: int = 1) -> None:
        self.sm, self.name = sm, name
        for kind in ("old", "new"):
            declared = VARIANT | {"ModelName": "Broken", "InitialInstanceCount": count}
            sm.create_endpoint_config(EndpointConfigName=f"{name}-{kind}", ProductionVariants=[declared])
        sm.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-old")

    def update(self, config: dict[str, Any], **more: Any) -> None:
        given = {"DeploymentConfig": config} if config else {}
        self.sm.update_endpoint(EndpointName=self.name, EndpointConfigName=f"{self.name}-new", **given, **more)

    @property
    def described(self) -> dict[str, Any]:
        found: dict[str, Any] = self.sm.describe_endpoint(EndpointName=self.name)
        return found

    @property
    def state(self) -> tuple[str, str, float]:
        """Status, the configuration that is described, and the share of the new one in percent."""
        endpoint = sagemaker_backends[ACCOUNT]["us-east-1"].endpoints[self.name]
        assert isinstance(endpoint, LocalEndpoint)
        shares = {fleet.config.endpoint_config_name: share for fleet, share in endpoint.traffic.shares.items()}
        found = self.described
        return found["EndpointStatus"], found["EndpointConfigName"][-3:], round(100 * shares.get(f"{self.name}-new", 0))


def test_canary_goes_in_two_steps_and_a_last_wait(client: ClientFactory, local_aws: LocalAws) -> None:
    endpoint = Updated(client("sagemaker"), "canary")
    endpoint.update(CANARY)
    assert endpoint.state == ("Updating", "old", 10)
    pending = endpoint.described["PendingDeploymentSummary"]
    assert pending["EndpointConfigName"] == "canary-new"
    assert pending["ProductionVariants"][0]["VariantStatus"][0]["Status"] == "Baking"
    local_aws.advance(290)
    assert endpoint.state == ("Updating", "old", 10)
    local_aws.advance(15)
    assert endpoint.state == ("Updating", "old", 100)
    local_aws.advance(125)
    assert endpoint.state == ("InService", "new", 100)
    described = endpoint.described
    assert described["LastDeploymentConfig"] == CANARY
    assert not {"PendingDeploymentSummary", "FailureReason"} & set(described)


@pytest.mark.parametrize(
    ("name", "config", "shares"),
    [
        ("linear", blue_green("LINEAR", LinearStepSize=percent(40)), [40, 80, 100]),
        ("linear-instances", blue_green("LINEAR", LinearStepSize={"Type": "INSTANCE_COUNT", "Value": 2}), [50, 100]),
        ("at-once", blue_green("ALL_AT_ONCE"), [100]),
        (
            "rolling",
            {"RollingUpdatePolicy": {"MaximumBatchSize": percent(25), "WaitIntervalInSeconds": 300}},
            [25, 50, 75, 100],
        ),
    ],
)
def test_steps(
    client: ClientFactory, local_aws: LocalAws, name: str, config: dict[str, Any], shares: list[int]
) -> None:
    endpoint = Updated(client("sagemaker"), name, count=4)
    endpoint.update(config)
    seen = []
    while endpoint.described["EndpointStatus"] == "Updating":
        share = endpoint.state[2]
        seen += [share] if seen[-1:] != [share] else []
        local_aws.advance(60)
    assert seen == shares
    assert endpoint.state == ("InService", "new", 100)


def test_without_a_policy_nothing_waits(client: ClientFactory) -> None:
    endpoint = Updated(client("sagemaker"), "plain")
    endpoint.update({})
    assert endpoint.state == ("InService", "new", 100)


def test_alarm_rolls_back_at_once_and_the_reason_stays(client: ClientFactory, local_aws: LocalAws) -> None:
    endpoint = Updated(client("sagemaker"), "back")
    endpoint.update(CANARY | ROLL_BACK)
    local_aws.advance(60)
    client("cloudwatch").set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="by hand")
    assert endpoint.state == ("InService", "old", 0)
    assert endpoint.described["FailureReason"] == (
        "The deployment to endpoint configuration back-new was rolled back: CloudWatch alarm errors went into the "
        "ALARM state."
    )
    local_aws.advance(3600)
    assert endpoint.state == ("InService", "old", 0)


def test_rolling_goes_back_in_batches(client: ClientFactory, local_aws: LocalAws) -> None:
    policy = {"MaximumBatchSize": percent(50), "WaitIntervalInSeconds": 60, "RollbackMaximumBatchSize": percent(50)}
    endpoint = Updated(client("sagemaker"), "batches", count=4)
    endpoint.update({"RollingUpdatePolicy": policy, **ROLL_BACK})
    local_aws.advance(70)
    assert endpoint.state == ("Updating", "old", 100)
    client("cloudwatch").set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="by hand")
    assert endpoint.state == ("RollingBack", "old", 50)
    local_aws.advance(70)
    assert endpoint.state == ("InService", "old", 0)


def test_alarm_in_the_last_wait_and_alarm_that_was_on_before(client: ClientFactory, local_aws: LocalAws) -> None:
    cloudwatch = client("cloudwatch")
    endpoint = Updated(client("sagemaker"), "late")
    endpoint.update(blue_green("ALL_AT_ONCE") | ROLL_BACK)
    local_aws.advance(60)
    cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="by hand")
    assert endpoint.state == ("InService", "old", 0)
    endpoint.update(CANARY | ROLL_BACK)
    assert endpoint.state == ("InService", "old", 0)


def test_while_it_is_updated_an_endpoint_is_not_changed(client: ClientFactory, local_aws: LocalAws) -> None:
    sm = client("sagemaker")
    endpoint = Updated(sm, "busy")
    endpoint.update(CANARY)
    weights = [{"VariantName": "AllTraffic", "DesiredWeight": 2}]
    for attempt in (
        lambda: endpoint.update(CANARY),
        lambda: sm.delete_endpoint(EndpointName="busy"),
        lambda: sm.update_endpoint_weights_and_capacities(EndpointName="busy", DesiredWeightsAndCapacities=weights),
    ):
        with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
            attempt()
    local_aws.advance(500)
    sm.delete_endpoint(EndpointName="busy")


def test_update_is_under_way_while_models_are_loaded(client: ClientFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = Updated(client("sagemaker"), "loading")
    serve, seen = model_hosting.serve, []

    def load(*given: Any) -> model_hosting.Served:
        seen.append(endpoint.state)
        with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
            endpoint.update({})
        return serve(*given)

    monkeypatch.setattr(model_hosting, "serve", load)
    endpoint.update({})
    assert seen == [("Updating", "old", 0)]
    assert endpoint.state == ("InService", "new", 100)


def test_new_fleet_that_does_not_load_changes_nothing(client: ClientFactory, trained: TrainedModel) -> None:
    sm, s3 = client("sagemaker"), client("s3")
    endpoint = Updated(sm, "unloaded")
    s3.put_object(Bucket=BUCKET, Key="passing.tar.gz", Body=demo_model.package(trained))
    make_model(sm, "Passing", artifact=f"s3://{BUCKET}/passing.tar.gz")
    s3.delete_object(Bucket=BUCKET, Key="passing.tar.gz")
    make_config(sm, "passing", "Passing")
    sm.update_endpoint(EndpointName="unloaded", EndpointConfigName="passing", DeploymentConfig=CANARY)
    assert endpoint.state == ("InService", "old", 0)
    assert "Failed to download model data" in endpoint.described["FailureReason"]


def test_what_autoscaling_has_made_is_retained(client: ClientFactory) -> None:
    sm = client("sagemaker")
    endpoint = Updated(sm, "retained", count=2)
    grown = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 5, "DesiredWeight": 3}]
    sm.update_endpoint_weights_and_capacities(EndpointName="retained", DesiredWeightsAndCapacities=grown)
    excluded = [{"VariantPropertyType": "DesiredWeight"}]
    endpoint.update({}, RetainAllVariantProperties=True, ExcludeRetainedVariantProperties=excluded)
    (variant,) = endpoint.described["ProductionVariants"]
    assert (variant["CurrentInstanceCount"], variant["CurrentWeight"]) == (5, 1.0)


def test_scaled_variant_keeps_its_instance_type(client: ClientFactory) -> None:
    sm = client("sagemaker")
    Updated(sm, "scaled")
    resource = {"ResourceId": "endpoint/scaled/variant/AllTraffic", "ServiceNamespace": "sagemaker"}
    dimension = {"ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
    client("application-autoscaling").register_scalable_target(**resource, **dimension, MinCapacity=1, MaxCapacity=2)
    other = VARIANT | {"ModelName": "Broken", "InstanceType": "ml.m5.xlarge"}
    sm.create_endpoint_config(EndpointConfigName="scaled-other", ProductionVariants=[other])
    with pytest.raises(ClientError, match="registered as a scalable target"):
        sm.update_endpoint(EndpointName="scaled", EndpointConfigName="scaled-other")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (blue_green("CANARY", CanarySize=percent(60)), "CanarySize must be 0 to 50 percent"),
        (blue_green("LINEAR", LinearStepSize=percent(5)), "LinearStepSize must be 10 to 50 percent"),
        (blue_green("CANARY", CanarySize={"Type": "INSTANCE_COUNT", "Value": 1}), r"1 \(INSTANCE_COUNT\) is 100 perc"),
        (blue_green("CANARY"), "CanarySize is required"),
        ({"RollingUpdatePolicy": {"MaximumBatchSize": percent(60), "WaitIntervalInSeconds": 1}}, "5 to 50 percent"),
        (
            {**CANARY, "RollingUpdatePolicy": {"MaximumBatchSize": percent(50), "WaitIntervalInSeconds": 1}},
            "Only one update policy",
        ),
        (
            {"BlueGreenUpdatePolicy": CANARY["BlueGreenUpdatePolicy"] | {"MaximumExecutionTimeoutInSeconds": 600}},
            None,
        ),
        (
            {
                "BlueGreenUpdatePolicy": blue_green("CANARY", wait=600, CanarySize=percent(10))["BlueGreenUpdatePolicy"]
                | {"MaximumExecutionTimeoutInSeconds": 600}
            },
            r"MaximumExecutionTimeoutInSeconds \(600\) must be larger than the total waiting time \(720\)",
        ),
        (CANARY | {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "none"}]}}, "no alarm of the name none"),
    ],
    ids=[
        "large canary", "small step", "one of one instance", "no size", "large batch", "two policies",
        "time enough", "no time", "no alarm",
    ],
)  # fmt: skip
def test_what_sagemaker_refuses(
    client: ClientFactory, request: pytest.FixtureRequest, config: dict[str, Any], words: str | None
) -> None:
    endpoint = Updated(client("sagemaker"), request.node.callspec.id.replace(" ", "-"))
    if words is None:
        endpoint.update(config)
        assert endpoint.state[0] == "Updating"
        return
    with pytest.raises(ClientError, match=words):
        endpoint.update(config)
    assert endpoint.state == ("InService", "old", 0)


def test_variants_keep_their_names_and_rolling_has_one(client: ClientFactory) -> None:
    sm = client("sagemaker")
    endpoint = Updated(sm, "names")
    one, two = (VARIANT | {"ModelName": "Broken", "VariantName": name} for name in ("one", "two"))
    for config, variants in {"names-renamed": [one], "names-two": [one, two], "names-again": [one, two]}.items():
        sm.create_endpoint_config(EndpointConfigName=config, ProductionVariants=variants)
    with pytest.raises(ClientError, match="the same variant names: one would follow AllTraffic"):
        sm.update_endpoint(EndpointName="names", EndpointConfigName="names-renamed", DeploymentConfig=CANARY)
    sm.update_endpoint(EndpointName="names", EndpointConfigName="names-two")
    rolling = {"RollingUpdatePolicy": {"MaximumBatchSize": percent(50), "WaitIntervalInSeconds": 1}}
    with pytest.raises(ClientError, match="do not support multi-variant"):
        sm.update_endpoint(EndpointName="names", EndpointConfigName="names-again", DeploymentConfig=rolling)
    assert endpoint.described["EndpointConfigName"] == "names-two"
