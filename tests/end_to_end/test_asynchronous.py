# SPDX-License-Identifier: Apache-2.0
"""An asynchronous endpoint from none to one instance and back, deployed by the blueprint and asked through its API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from mlops_orchestrator.aws.later import IMPATIENT, Patience
from mlops_orchestrator.client import predictions
from mlops_orchestrator.client.predictions import Question, Target
from mlops_orchestrator.errors import Failed, TimedOut
from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from scripts.local_aws.server import LocalAws
from tests.end_to_end.deployed import ORCHESTRATOR, Deployed, launch_of
from tests.local_aws.minutes import begin_minute
from tests.local_aws.stack_setting import acting_in

ASSETS, ANSWERS, PIPELINES = "quayside-assets", "quayside-answers", "quayside-pipelines"
ARTIFACT: Final = "models/berths/model.tar.gz"
ENDPOINT: Final = "berths-later"
PLACE: Final = f"s3://{ANSWERS}/berths"
JSON: Final = {"Content-Type": "application/json"}
Told = dict[str, str]


@pytest.fixture(scope="module")
def local_aws() -> Iterator[LocalAws]:
    with LocalAws() as aws:
        yield aws


def client(aws: LocalAws, service: str) -> Any:
    return acting_in(aws, ORCHESTRATOR, service)


@pytest.fixture(scope="module")
def queues(local_aws: LocalAws) -> Told:
    """Topic -> address of a queue that hears it."""
    sns, sqs, made = client(local_aws, "sns"), client(local_aws, "sqs"), {}
    for name in ("answered", "failed"):
        arn, url = sns.create_topic(Name=name)["TopicArn"], sqs.create_queue(QueueName=name)["QueueUrl"]
        queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
        made[arn] = url
    return made


@pytest.fixture(scope="module")
def deployed(local_aws: LocalAws, queues: Told, trained_model: TrainedModel) -> Iterator[Deployed]:
    s3 = client(local_aws, "s3")
    for bucket in (ASSETS, ANSWERS, PIPELINES):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=ASSETS, Key=ARTIFACT, Body=demo_model.package(trained_model))
    success, error = queues
    body = {
        "pipeline_type": "byom_realtime_builtin",
        "model_name": "berths",
        "model_framework": "xgboost",
        "model_framework_version": "1.7-1",
        "model_artifact_location": ARTIFACT,
        "inference_instance": "ml.m5.large",
        "endpoint_name": ENDPOINT,
        "async_inference": {
            "output_location": f"{ANSWERS}/berths",
            "success_topic_arn": success,
            "error_topic_arn": error,
        },
        "autoscaling": {"minimum": 0, "maximum": 3, "backlog_per_instance": 5, "scale_in_cooldown": 60},
    }
    made = Deployed(local_aws, body, launch_of(ASSETS, PIPELINES))
    yield made
    made.remove()


@pytest.fixture
def target(local_aws: LocalAws, deployed: Deployed) -> Target:
    """The inference API, of an endpoint that nobody has asked for twenty minutes."""
    local_aws.advance(20 * 60)
    assert count(local_aws) == 0
    begin_minute(local_aws)
    return deployed.target


def count(aws: LocalAws) -> int:
    (variant,) = client(aws, "sagemaker").describe_endpoint(EndpointName=ENDPOINT)["ProductionVariants"]
    return int(variant["CurrentInstanceCount"])


def ask(target: Target, payload: str, **more: str) -> tuple[int, dict[str, str]]:
    body = json.dumps({"payload": payload, "content_type": "text/csv", **more}).encode()
    answer = target.client.ask("POST", target.url, body, JSON)
    return answer.status, json.loads(answer.content)


def written(aws: LocalAws, location: str) -> str | None:
    bucket, _, key = location.removeprefix("s3://").partition("/")
    try:
        return str(client(aws, "s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode())
    except ClientError:
        return None


def heard(aws: LocalAws, url: str, inference_id: str) -> list[str]:
    """What became of a request, as a topic was told."""
    found = client(aws, "sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    told = [json.loads(message["Body"]) for message in found]
    return [one["invocationStatus"] for one in told if one["inferenceId"] == inference_id]


def test_a_request_wakes_the_endpoint_and_its_answer_is_written_and_told(
    local_aws: LocalAws, target: Target, queues: Told, trained_model: TrainedModel
) -> None:
    rows = trained_model.holdout_rows[:4]
    status, told = ask(target, demo_model.as_csv(rows).decode(), inference_id="tide-7")
    assert (status, told["inference_id"]) == (202, "tide-7")
    assert told["output_location"].startswith(f"{PLACE}/")
    assert told["failure_location"].startswith(f"{PLACE}/failures/")
    local_aws.advance(30)
    assert (count(local_aws), written(local_aws, told["output_location"])) == (0, None)
    local_aws.advance(5 * 60)
    assert count(local_aws) == 1
    answer = written(local_aws, told["output_location"])
    assert answer is not None
    found = [float(line) for line in answer.split()]
    assert found == pytest.approx(demo_model.predict(trained_model, rows), abs=1e-6)
    success, error = queues.values()
    assert heard(local_aws, success, "tide-7") == ["Completed"]
    assert heard(local_aws, error, "tide-7") == []
    local_aws.advance(20 * 60)
    assert count(local_aws) == 0


def test_what_the_model_fails_on_is_written_elsewhere_and_told(
    local_aws: LocalAws, target: Target, queues: Told
) -> None:
    status, told = ask(target, "no, numbers, here", inference_id="tide-8")
    assert status == 202
    local_aws.advance(5 * 60)
    assert written(local_aws, told["output_location"]) is None
    assert written(local_aws, told["failure_location"])
    success, error = queues.values()
    assert (heard(local_aws, success, "tide-8"), heard(local_aws, error, "tide-8")) == ([], ["Failed"])


def test_the_client_waits_for_the_answer_or_says_why_there_is_none(
    local_aws: LocalAws, target: Target, trained_model: TrainedModel
) -> None:
    rows, passed = trained_model.holdout_rows[:2], list[float]()

    def told(seconds: float) -> None:
        passed.append(seconds)
        local_aws.advance(120)

    found = predictions.predict(target, Question(rows), patience=Patience(60, told))
    assert found.numbers == pytest.approx(demo_model.predict(trained_model, rows), abs=1e-6)
    assert passed
    with pytest.raises(Failed, match=rf"The model failed: (.|\n)*{PLACE}/failures/"):
        predictions.predict(target, Question(b"no, numbers", "text/csv"), patience=Patience(60, told))
    with pytest.raises(Failed, match=f"the answer will be in {PLACE}/"):
        predictions.predict(target, Question(rows), patience=IMPATIENT)
    local_aws.advance(40 * 60)
    with pytest.raises(TimedOut, match="There is no answer after"):
        predictions.predict(target, Question(rows), patience=Patience(0.1))


def test_a_variant_cannot_be_named_and_the_endpoint_answers_nobody_at_once(local_aws: LocalAws, target: Target) -> None:
    status, told = ask(target, "1", target_variant="AllTraffic")
    assert status == 400
    assert told["errors"] == [
        {"key": "target_variant", "problem": "must be left out: this endpoint answers later, and has one variant"}
    ]
    with pytest.raises(ClientError, match="takes InvokeEndpointAsync alone"):
        client(local_aws, "sagemaker-runtime").invoke_endpoint(EndpointName=ENDPOINT, Body=b"1", ContentType="text/csv")
