# SPDX-License-Identifier: Apache-2.0
"""Batch requests: which are refused, in which words, and the parameters of those that are accepted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orchestrator.launch.settings import Launch
from tests.orchestrator.conftest import read_json
from tests.orchestrator.requesting import (
    GONE,
    PACKAGE,
    Body,
    changed,
    parameters_of,
    problems_of,
    request_of,
)


@pytest.fixture
def batch() -> Body:
    body: Body = read_json("requests/byom_batch_builtin.json")
    return body


@pytest.fixture
def custom_batch() -> Body:
    body: Body = read_json("requests/byom_batch_custom.json")
    return body


WRONG_VALUES = [
    ("batch_inference_data", GONE, "is required: bucket/key of the file to score"),
    ("batch_inference_data", "", "without s3://"),
    ("batch_inference_data", None, "got null"),
    ("batch_inference_data", 5, "got 5"),
    ("batch_inference_data", "s3://bucket", "bucket, a slash"),
    ("batch_inference_data", "/data.csv", "bucket"),
    ("batch_inference_data", "ab/data.csv", "bucket"),
    ("batch_inference_data", "bucket//data.csv", "bucket"),
    ("batch_inference_data", "bucket/*.csv", "without wildcards"),
    ("batch_inference_data", "bucket/${aws:username}", "without wildcards"),
    ("batch_inference_data", 'bucket/a"b', "bucket"),
    ("batch_inference_data", "bucket/a\\b", "bucket"),
    ("batch_inference_data", "bucket/" + "k" * 1013, "bucket"),
    ("batch_inference_data", {"dev": "a"}, "single account"),
    ("batch_job_output_location", GONE, "is required: bucket/prefix for the results"),
    ("batch_job_output_location", "", "bucket and prefix"),
    ("batch_job_output_location", "s3://bucket/*", "without wildcards"),
    ("batch_job_output_location", "bucket/*", "without wildcards"),
    ("inference_instance", GONE, "is required"),
    ("inference_instance", "m5.large", "ml.m5.large"),
    ("model_artifact_location", GONE, "is required: key of model.tar.gz"),
    ("model_framework", "xgbost", 'did you mean "xgboost"'),
    ("model_framework_version", GONE, "is required"),
    ("model_package_name", f"{PACKAGE}/5", "the ARN of a model package version"),
    ("kms_key_arn", "1234abcd", "ARN of a KMS key"),
    ("content_type", "csv", "MIME type"),
    ("content_type", 'text/csv"', "MIME type"),
    ("content_type", "text/csv\n", "MIME type"),
    ("content_type", None, "got null"),
    ("accept", "csv", "MIME type"),
    ("split_type", "line", "Line, None, RecordIO or TFRecord"),
    ("split_type", None, "as a string"),
    ("strategy", "Multi", "MultiRecord or SingleRecord"),
    ("strategy", 1, "MultiRecord or SingleRecord"),
    ("max_payload_mb", 101, "0 to 100"),
    ("max_payload_mb", -1, "0 to 100"),
    ("max_payload_mb", 1.5, "whole number"),
    ("max_payload_mb", True, "got true"),
    ("max_payload_mb", "6 MB", "whole number"),
    ("instance_count", 0, "whole number of instances"),
    ("instance_count", 1000, "1 to 999"),
    ("instance_count", True, "got true"),
    ("schedule_expression", None, "rate("),
    ("schedule_expression", 5, "rate("),
    ("schedule_expression", "daily", "cron(0 6 ? * MON-FRI *)"),
]

WRONG_SCHEDULES = [
    "rate(0 days)",
    "rate(1 week)",
    "rate(1day)",
    "rate(1 day",
    "cron(0 6 * * *)",
    "cron(0 6 * * * *)",
    "cron(0 6 ? * ? *)",
    "cron(60 6 ? * MON *)",
    "cron(0 24 ? * MON *)",
    "cron(0 6 32 * ? *)",
    "cron(0 6 1 13 ? *)",
    "cron(0 6 ? * 8 *)",
    "cron(0 6 ? * MONDAY *)",
    "cron(0 6 ? * MON 26)",
    "cron(0  6 ? * MON *)",
    "at(2026-11-22)",
    "at(2026-02-30T06:00:00)",
    "at(2026-11-22T24:00:00)",
    "at(2026-11-22T06:00:00Z)",
    "0 6 * * MON",
]

SCHEDULES = [
    "rate(1 hour)",
    "rate(30 minutes)",
    "rate(7 days)",
    "cron(0 6 ? * MON-FRI *)",
    "cron(*/15 8-18 ? * 2#1 2026-2030)",
    "cron(0,30 6/6 L * ? *)",
    "cron(5 0 15W JAN,JUL ? *)",
    "cron(0 0 1 1 ? 2027)",
    "cron(0 12 ? * 6L *)",
    "at(2027-02-28T23:59:59)",
    "",
]


@pytest.mark.parametrize(("key", "value", "words"), WRONG_VALUES)
def test_a_wrong_value_is_refused_by_its_key(batch: Body, launch: Launch, key: str, value: Any, words: str) -> None:
    problems = problems_of(changed(batch, {key: value}), launch)
    assert list(problems) == [key]
    assert words in problems[key]


def test_all_problems_come_at_once(batch: Body, launch: Launch) -> None:
    wrong = {"batch_inference_data": "s3://x", "instance_count": 0, "split_type": "csv", "schedul_expression": "x"}
    assert set(problems_of({**batch, **wrong}, launch)) == set(wrong)


@pytest.mark.parametrize("expression", WRONG_SCHEDULES)
def test_a_time_that_never_comes_is_refused(batch: Body, launch: Launch, expression: str) -> None:
    """Before anything is made, and not by EventBridge Scheduler in the middle of a deployment."""
    assert list(problems_of({**batch, "schedule_expression": expression}, launch)) == ["schedule_expression"]


@pytest.mark.parametrize("expression", SCHEDULES)
def test_schedules_of_every_kind_are_accepted(batch: Body, launch: Launch, expression: str) -> None:
    assert parameters_of(batch, launch, schedule_expression=expression)["ScheduleExpression"] == expression


@pytest.mark.parametrize(
    ("data", "bucket", "key"),
    [
        ("quayside-arrivals/2026/", "quayside-arrivals", "2026/"),
        ("quayside-arrivals/2026", "quayside-arrivals", "2026"),
        ("quayside-arrivals/", "quayside-arrivals", ""),
    ],
)
def test_a_prefix_stays_as_given(batch: Body, launch: Launch, data: str, bucket: str, key: str) -> None:
    """Compatibility 2.10: its trailing slash is not dropped."""
    parameters = parameters_of(batch, launch, batch_inference_data=data)
    assert parameters["BatchInferenceData"] == data
    assert (parameters["BatchInputBucket"], parameters["BatchInputKey"]) == (bucket, key)


def test_data_are_never_a_bucket_by_itself(batch: Body, launch: Launch) -> None:
    """What is read begins with the value, and so may the name of another bucket."""
    problems = problems_of({**batch, "batch_inference_data": "quayside-arrivals"}, launch)
    assert list(problems) == ["batch_inference_data"]
    assert "a bucket, a slash, and the key" in problems["batch_inference_data"]


def test_the_trailing_slash_of_the_output_is_dropped(batch: Body, launch: Launch) -> None:
    """Compatibility 2.10."""
    parameters = parameters_of(batch, launch, batch_job_output_location="quayside-forecasts/a/")
    assert parameters["BatchOutputLocation"] == "quayside-forecasts/a"


@pytest.mark.parametrize(("count", "payload"), [(3, 0), ("3", "0")])
def test_numbers_may_be_texts(batch: Body, launch: Launch, count: Any, payload: Any) -> None:
    parameters = parameters_of(batch, launch, instance_count=count, max_payload_mb=payload)
    assert (parameters["InstanceCount"], parameters["MaxPayloadInMB"]) == ("3", "0")


def test_each_stage_has_its_own(multi_account: Launch) -> None:
    """Compatibility 2.9."""
    body = read_json("requests/byom_batch_builtin.multi.json")
    prod = parameters_of(body, multi_account, "prod")
    dev = parameters_of(body, multi_account, "dev")
    names = ("BatchInferenceData", "BatchOutputLocation", "InferenceInstance", "ScheduleExpression")
    expected = [
        "quayside-prod-arrivals/2026/",
        "quayside-prod-forecasts/berths",
        "ml.c5.2xlarge",
        "cron(0 4 ? * MON *)",
    ]
    assert [prod[name] for name in names] == expected
    assert dev["ScheduleExpression"] == ""


@pytest.mark.parametrize("key", ["content_type", "split_type", "strategy", "max_payload_mb"])
def test_how_data_is_read_is_the_same_in_all_stages(batch: Body, multi_account: Launch, key: str) -> None:
    stages = dict.fromkeys(("dev", "staging", "prod"), "6")
    assert list(problems_of({**batch, key: stages}, multi_account)) == [key]


def test_with_the_registry_the_package_is_the_model(batch: Body, launch: Launch) -> None:
    with_registry = replace(launch, use_model_registry=True)
    without = dict.fromkeys(("model_framework", "model_framework_version", "model_artifact_location"), GONE)
    parameters = parameters_of(batch, with_registry, model_package_name=PACKAGE, **without)
    assert parameters["ModelPackageName"] == PACKAGE
    assert (parameters["ImageUri"], parameters["ModelArtifactLocation"]) == ("", "")
    assert list(problems_of(batch, with_registry)) == ["model_package_name"]


def test_the_stack_s_name_is_as_promised(batch: Body, custom_batch: Body, launch: Launch) -> None:
    """Compatibility 2.5."""
    names = [request_of(body, launch).stack_name for body in (batch, custom_batch)]
    assert names == [
        "mlops-pipeline-berth-forecast-byompipelinebatchbuiltin",
        "mlops-pipeline-hull-report-byompipelinebatchcustom",
    ]
