# SPDX-License-Identifier: Apache-2.0
"""What an endpoint that answers later is made of, and what scales it to none and back."""

from __future__ import annotations

from typing import Any

from tests.generator.resolving import Template, made

CONFIG = "MLOpsSagemakerEndpointConfig"
LATER = {"AsyncOutput": "answers/berths", "AsyncFailures": "failures"}
TOPIC = "arn:aws:sns:eu-west-1:111122223333:answers"


def policies(blueprint: Template, **values: str) -> dict[str, list[dict[str, Any]]]:
    role = made(blueprint, "SageMakerRole", **values)
    return {one["PolicyName"]: one["PolicyDocument"]["Statement"] for one in role["Policies"]}


def test_answers_and_failures_have_a_place_and_nothing_is_captured(blueprint: Template) -> None:
    config = made(blueprint, CONFIG, **LATER)
    output = {"S3OutputPath": "s3://answers/berths", "S3FailurePath": "s3://failures", "NotificationConfig": {}}
    assert config["AsyncInferenceConfig"] == {"OutputConfig": output}
    assert "DataCaptureConfig" not in config
    at_once = made(blueprint, CONFIG)
    assert "AsyncInferenceConfig" not in at_once
    assert "DataCaptureConfig" in at_once


def test_topics_a_limit_and_a_key_are_there_when_they_are_given(blueprint: Template) -> None:
    key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    config = made(blueprint, CONFIG, **LATER, AsyncError=TOPIC, AsyncAtOnce="4", KmsKeyArn=key)["AsyncInferenceConfig"]
    assert config["ClientConfig"] == {"MaxConcurrentInvocationsPerInstance": "4"}
    assert config["OutputConfig"]["NotificationConfig"] == {"ErrorTopic": TOPIC}
    assert config["OutputConfig"]["KmsKeyId"] == key


def test_the_role_reads_requests_writes_answers_and_tells_what_is_named(blueprint: Template) -> None:
    found = policies(blueprint, **LATER, AsyncSuccess=TOPIC)
    assert "DataCapture" not in found
    allowed = [(one["Action"], one["Resource"]) for one in found["AsyncInference"]]
    assert [(actions, [arn.rpartition(":::")[2] for arn in arns]) for actions, arns in allowed[:2]] == [
        (["s3:GetObject"], ["answers/berths/requests/*"]),
        (["s3:PutObject"], ["answers/berths/*", "failures/*"]),
    ]
    assert allowed[2:] == [(["sns:Publish"], [TOPIC])]
    assert "AsyncInference" not in policies(blueprint)


def test_what_waits_scales_it_and_an_alarm_wakes_it(blueprint: Template) -> None:
    later = {**LATER, "Autoscaling": "0,3,5,300,60"}
    tracking = made(blueprint, "ScalingPolicy", **later)["TargetTrackingScalingPolicyConfiguration"]
    metric = tracking["CustomizedMetricSpecification"]
    assert (metric["MetricName"], tracking["TargetValue"]) == ("ApproximateBacklogSizePerInstance", "5")
    assert "PredefinedMetricSpecification" not in tracking
    steps = made(blueprint, "ScaleFromZero", **later)["StepScalingPolicyConfiguration"]
    assert steps["StepAdjustments"] == [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}]
    alarm = made(blueprint, "ScaleFromZeroAlarm", **later)
    assert (alarm["MetricName"], alarm["Threshold"]) == ("HasBacklogWithoutCapacity", 1)
    at_once = made(blueprint, "ScalingPolicy", Autoscaling="1,3,600,300,60")["TargetTrackingScalingPolicyConfiguration"]
    assert list(at_once)[:1] == ["PredefinedMetricSpecification"]
