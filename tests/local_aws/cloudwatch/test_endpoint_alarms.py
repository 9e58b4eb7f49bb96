# SPDX-License-Identifier: Apache-2.0
"""Metrics of endpoints in CloudWatch, and alarms on them, judged by the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scripts.local_aws import clock
from scripts.local_aws.cloudwatch import endpoint_metrics
from scripts.local_aws.cloudwatch.endpoint_metrics import Call, Source
from scripts.local_aws.server import LocalAws
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.minutes import begin_minute

PLACE = ("123456789012", "us-east-1")


@pytest.fixture(autouse=True)
def a_minute_begins(local_aws: LocalAws) -> None:
    begin_minute(local_aws)


def call(endpoint: str, *statuses: int, milliseconds: int = 10, variant: str = "AllTraffic") -> None:
    source = Source(PLACE, endpoint, variant, f"{endpoint}-config", instances=2)
    for status in statuses:
        endpoint_metrics.record(source, Call(status, milliseconds * 1000, 500))


def dimensions(endpoint: str, **more: str) -> list[dict[str, str]]:
    named = {"EndpointName": endpoint, "VariantName": "AllTraffic", **more}
    return [{"Name": name, "Value": value} for name, value in named.items()]


def query(endpoint: str, name: str, stat: str, key: str = "m", **more: Any) -> dict[str, Any]:
    namespace = "/aws/sagemaker/Endpoints" if name == "CPUUtilization" else "AWS/SageMaker"
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions(endpoint)}
    return {"Id": key, "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}, **more}


def alarm(cloudwatch: Any, endpoint: str, **more: Any) -> str:
    given: dict[str, Any] = {
        "Namespace": "AWS/SageMaker", "MetricName": "Invocation5XXErrors", "Dimensions": dimensions(endpoint),
        "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching",
    }  # fmt: skip
    given = {name: value for name, value in (given | more).items() if value is not None}
    cloudwatch.put_metric_alarm(AlarmName=endpoint, **given)
    return endpoint


def state(cloudwatch: Any, name: str) -> str:
    (found,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(found["StateValue"])


def read(cloudwatch: Any, *queries: dict[str, Any]) -> dict[str, list[float]]:
    now = datetime.now(UTC)
    window = {"StartTime": now - timedelta(minutes=10), "EndTime": now + timedelta(minutes=1)}
    results = cloudwatch.get_metric_data(MetricDataQueries=list(queries), **window)["MetricDataResults"]
    return {result["Id"]: [round(value, 6) for value in result["Values"]] for result in results}


def test_calls_are_metrics(client: ClientFactory, local_aws: LocalAws) -> None:
    # A move of the clock makes them as old for callers in real time as they are here.
    local_aws.advance(600)
    call("Read", *[200] * 97, 400, 503)
    call("Read", 200, milliseconds=900)
    queries = [
        query("Read", "Invocations", "Sum", "calls"),
        query("Read", "Invocation4XXErrors", "Sum", "client"),
        query("Read", "Invocation5XXErrors", "Average", "server"),
        query("Read", "ModelLatency", "p99", "slow"),
        query("Read", "ModelLatency", "Maximum", "slowest"),
        query("Read", "InvocationsPerInstance", "Sum", "each"),
        query("Read", "CPUUtilization", "Average", "busy"),
    ]
    found = {name: sum(values) for name, values in read(client("cloudwatch"), *queries).items()}
    assert {name: found[name] for name in ("calls", "client", "slow", "slowest", "each")} == {
        "calls": 100, "client": 1, "slow": 10_000, "slowest": 900_000, "each": 50,
    }  # fmt: skip
    assert found["server"] == pytest.approx(0.01)
    assert found["busy"] == pytest.approx(100 * (99 * 0.01 + 0.9) / 120)
    swapped = query("Read", "Invocations", "Sum", "calls")
    swapped["MetricStat"]["Metric"]["Dimensions"].reverse()
    assert sum(read(client("cloudwatch"), swapped)["calls"]) == 100
    of_config = query("Read", "Invocations", "Sum", "calls")
    of_config["MetricStat"]["Metric"]["Dimensions"] = dimensions("Read", EndpointConfigName="Read-config")
    assert sum(read(client("cloudwatch"), of_config)["calls"]) == 100


def test_alarm_fires_and_ends_with_the_minute(client: ClientFactory, local_aws: LocalAws) -> None:
    cloudwatch = client("cloudwatch")
    name = alarm(cloudwatch, "Fires")
    call("Fires", 200)
    local_aws.advance(60)
    assert state(cloudwatch, name) == "OK"
    call("Fires", 200, 500)
    local_aws.advance(60)
    (found,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert found["StateValue"] == "ALARM"
    assert found["StateReason"] == (
        "Threshold Crossed: 1 out of the last 1 datapoints [1.0] was greater than or equal to the threshold (1.0) "
        "(minimum 1 datapoint for OK -> ALARM transition)."
    )
    local_aws.advance(60)
    assert state(cloudwatch, name) == "OK"


def test_two_of_three_periods(client: ClientFactory, local_aws: LocalAws) -> None:
    cloudwatch = client("cloudwatch")
    name = alarm(cloudwatch, "Twice", EvaluationPeriods=3, DatapointsToAlarm=2)
    states = []
    for status in (500, 200, 500, 200):
        call("Twice", status)
        local_aws.advance(60)
        states.append(state(cloudwatch, name))
    assert states == ["OK", "OK", "ALARM", "OK"]


@pytest.mark.parametrize(
    ("treatment", "expected"),
    [("missing", "INSUFFICIENT_DATA"), ("ignore", "OK"), ("breaching", "ALARM"), ("notBreaching", "OK")],
)
def test_missing_data(client: ClientFactory, local_aws: LocalAws, treatment: str, expected: str) -> None:
    name = alarm(client("cloudwatch"), f"Missing-{treatment}", TreatMissingData=treatment)
    local_aws.advance(60)
    assert state(client("cloudwatch"), name) == expected


def test_percentiles_and_longer_periods(client: ClientFactory, local_aws: LocalAws) -> None:
    slow = {"MetricName": "ModelLatency", "Statistic": None, "ExtendedStatistic": "p90", "Period": 300}
    name = alarm(client("cloudwatch"), "Slow", Threshold=500_000, **slow)
    call("Slow", *[200] * 8)
    local_aws.advance(60)
    call("Slow", 200, 200, milliseconds=900)
    local_aws.advance(60)
    assert state(client("cloudwatch"), name) == "ALARM"
    call("Slow", *[200] * 90)
    local_aws.advance(60)
    assert state(client("cloudwatch"), name) == "OK"


def test_metric_math_of_an_alarm(client: ClientFactory, local_aws: LocalAws) -> None:
    cloudwatch = client("cloudwatch")
    metrics = [
        {"Id": "rate", "Expression": "100 * errors / calls", "ReturnData": True},
        query("Share", "Invocation5XXErrors", "Sum", "errors", ReturnData=False),
        query("Share", "Invocations", "Sum", "calls", ReturnData=False),
    ]
    cloudwatch.put_metric_alarm(
        AlarmName="Share", ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=1, Threshold=10,
        TreatMissingData="notBreaching", Metrics=metrics,
    )  # fmt: skip
    call("Share", *[200] * 9, 500)
    local_aws.advance(60)
    assert state(cloudwatch, "Share") == "OK"
    call("Share", *[200] * 8, 500, 500)
    local_aws.advance(60)
    assert state(cloudwatch, "Share") == "ALARM"


def test_state_that_was_set_lasts_until_there_is_a_newer_value(client: ClientFactory, local_aws: LocalAws) -> None:
    cloudwatch = client("cloudwatch")
    name = alarm(cloudwatch, "Hand")
    call("Hand", 200)
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="by hand")
    local_aws.advance(180)
    assert state(cloudwatch, name) == "ALARM"
    call("Hand", 200)
    local_aws.advance(60)
    assert state(cloudwatch, name) == "OK"


def test_alarms_on_other_metrics_are_left_alone(client: ClientFactory, local_aws: LocalAws) -> None:
    cloudwatch = client("cloudwatch")
    name = alarm(cloudwatch, "Other", Namespace="MLOps/Monitors", TreatMissingData="breaching")
    local_aws.advance(120)
    assert state(cloudwatch, name) == "OK"


def test_thousands_of_calls_cost_little(local_aws: LocalAws) -> None:
    begun = clock.now()
    call("Many", *[200] * 10_000)
    assert clock.now() - begun < timedelta(seconds=30)
