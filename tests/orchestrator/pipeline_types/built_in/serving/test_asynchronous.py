# SPDX-License-Identifier: Apache-2.0
"""`async_inference` of requests: where answers go, who hears of them, and what cannot be beside it, in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from orchestrator.launch.settings import Launch
from orchestrator.values.per_stage import Stage
from tests.orchestrator.conftest import read_json
from tests.orchestrator.requesting import GONE, Body, accept, changed, parameters_of, problems_of

QUEUE: Final[Body] = {"output_location": "quayside-answers/berths"}
LATER: Final[Body] = {"async_inference": QUEUE, "data_capture_location": GONE}
BACKLOG: Final[Body] = {"minimum": 0, "maximum": 2, "backlog_per_instance": 5}
TOPIC: Final = "arn:aws:sns:eu-west-1:111122223333:answers"


@pytest.fixture
def body() -> Body:
    given = dict(read_json("requests/byom_realtime_builtin.json"))
    return {key: value for key, value in given.items() if key != "data_capture_location"}


def queue_of(values: dict[str, str]) -> list[str]:
    return [values[f"Async{name}"] for name in ("Output", "Failures", "Success", "Error", "AtOnce")]


def test_a_queue_needs_a_place_for_answers_and_none_for_captures(body: Body, launch: Launch) -> None:
    values = parameters_of(body, launch, **LATER)
    assert queue_of(values) == ["quayside-answers/berths", "quayside-answers/berths/failures", "", "", ""]
    assert (values["DataCaptureLocation"], values["InferenceInstance"]) == ("", "ml.m5.large")
    at_once = parameters_of(body, launch, data_capture_location="captures")
    assert queue_of(at_once) == ["", "none", "", "", ""]


def test_all_that_it_can_have_reaches_the_template(body: Body, launch: Launch) -> None:
    given = {
        **QUEUE,
        "failure_location": "quayside-failures",
        "success_topic_arn": TOPIC,
        "error_topic_arn": f"{TOPIC}-failed",
        "max_concurrent_invocations_per_instance": 4,
    }
    values = parameters_of(body, launch, **{**LATER, "async_inference": given, "autoscaling": BACKLOG})
    assert queue_of(values) == ["quayside-answers/berths", "quayside-failures", TOPIC, f"{TOPIC}-failed", "4"]
    assert (values["Autoscaling"], values["InstanceCount"]) == ("0,2,5,300,300", "1")


def test_a_place_for_captures_is_ignored_with_a_word(body: Body, launch: Launch) -> None:
    assert accept(body, launch, **{**LATER, "data_capture_location": "captures"}).warnings == (
        "data_capture_location is ignored: requests and answers of async_inference are in S3 anyway",
    )


def test_a_stage_that_answers_at_once_needs_what_it_needs(multi_account: Launch) -> None:
    body = dict(read_json("requests/byom_realtime_builtin.multi.json"))
    in_prod = {
        "async_inference": {"dev": "", "staging": "", "prod": QUEUE},
        "autoscaling": {
            "dev": "",
            "staging": {"minimum": 1, "maximum": 2, "invocations_per_instance": 5},
            "prod": BACKLOG,
        },
    }
    stages: list[Stage] = ["dev", "staging", "prod"]
    found = [parameters_of(body, multi_account, stage, **in_prod) for stage in stages]
    assert [values["AsyncOutput"] for values in found] == ["", "", "quayside-answers/berths"]
    captures = {"dev": "captures", "staging": "", "prod": ""}
    assert problems_of({**body, **in_prod, "data_capture_location": captures}, multi_account) == {
        "data_capture_location.staging": "must be a bucket and prefix, such as my-bucket/some/prefix, without s3://, "
        "or serverless must be given"
    }
    shared = {**QUEUE, "failure_location": f"{multi_account.assets_bucket}/failures"}
    changes = {**in_prod, "async_inference": {"dev": "", "staging": "", "prod": shared}}
    assert problems_of({**body, **changes}, multi_account) == {
        "async_inference.prod.failure_location": "must be in a bucket that the stage's account may write to: it may "
        "only read the assets bucket"
    }


@pytest.mark.parametrize(
    ("changes", "key", "problem"),
    [
        pytest.param(
            {"async_inference": {}},
            "async_inference.output_location",
            "is required: bucket/prefix for the answers, without s3://; requests lie below it, too",
            id="no place",
        ),
        pytest.param(
            {"async_inference": True, "data_capture_location": "captures"},
            "async_inference",
            "must be an object with output_location, failure_location, success_topic_arn, error_topic_arn, "
            "max_concurrent_invocations_per_instance; only the first is needed",
            id="no object",
        ),
        pytest.param(
            {"async_inference": {**QUEUE, "error_topic_arn": "failed"}},
            "async_inference.error_topic_arn",
            "must be the ARN of an SNS topic, such as arn:aws:sns:eu-west-1:111122223333:answers",
            id="no topic",
        ),
        pytest.param(
            {"async_inference": {**QUEUE, "max_concurrent_invocations_per_instance": 0}},
            "async_inference.max_concurrent_invocations_per_instance",
            "must be a whole number, 1 to 1000",
            id="nothing at once",
        ),
        pytest.param(
            {"serverless": {"memory_mb": 2048, "max_concurrency": 20}, "inference_instance": GONE},
            "async_inference",
            "cannot be with serverless: SageMaker queues requests for instances only",
            id="serverless",
        ),
        pytest.param(
            {"shadow_variant": {"name": "next", "model_artifact_location": "models/next.tar.gz"}},
            "shadow_variant",
            "cannot be with async_inference: SageMaker has no shadows of such an endpoint",
            id="a shadow",
        ),
        pytest.param(
            {"variants": [{"name": "next", "model_artifact_location": "models/next.tar.gz"}]},
            "variants",
            "cannot be with async_inference: a request that waits cannot name a variant, and the queue is one for all",
            id="variants",
        ),
        pytest.param(
            {"smoke_test": {"payload": "1,2", "content_type": "text/csv"}},
            "smoke_test",
            "cannot be with async_inference: it compares an answer, and such an endpoint answers later",
            id="a smoke test",
        ),
        pytest.param(
            {"inference_api": {"mode": "raw", "streaming": True}},
            "inference_api.streaming",
            "cannot be with async_inference: answers come later, and whole",
            id="a stream",
        ),
        pytest.param(
            {"autoscaling": {"minimum": 0, "maximum": 2}},
            "autoscaling.backlog_per_instance",
            "is required: requests that should wait or be worked on for each instance",
            id="no backlog",
        ),
        pytest.param(
            {"autoscaling": {**BACKLOG, "invocations_per_instance": 60}},
            "autoscaling.invocations_per_instance",
            "cannot be with async_inference: give backlog_per_instance",
            id="two loads",
        ),
        pytest.param(
            {
                "autoscaling": {
                    **BACKLOG,
                    "minimum": 1,
                    "schedules": [{"schedule": "rate(12 hours)", "minimum": 0, "maximum": 1}],
                }
            },
            "autoscaling.schedules.0.minimum",
            "must be 1 at least, or autoscaling.minimum must be 0, too: that makes what wakes the endpoint again",
            id="to zero by a schedule alone",
        ),
    ],
)
def test_what_cannot_be_is_said_in_words(
    body: Body, launch: Launch, changes: dict[str, Any], key: str, problem: str
) -> None:
    ((found, words),) = problems_of(changed(body, {**LATER, **changes}), launch).items()
    assert (found, words.split("; got")[0]) == (key, problem)


@pytest.mark.parametrize("member", ["success_topic_arn", "error_topic_arn"])
def test_people_are_told_by_the_orchestrator_alone(body: Body, launch: Launch, member: str) -> None:
    """Code of a request works under the role that tells topics."""
    given = changed(body, {"async_inference": {**QUEUE, member: TOPIC}})
    found = problems_of(given, replace(launch, notifications_topic_arn=TOPIC))
    assert found.keys() == {f"async_inference.{member}"}
    accept(given, launch)
