# SPDX-License-Identifier: Apache-2.0
"""`mlops-config.json` in the configuration bucket, and what its author hears of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scripts.demo_model import TrainedModel
from tests.end_to_end.users import Orchestrator

pytestmark = pytest.mark.xdist_group("end-to-end")

Until = Callable[[Callable[[], Any]], Any]


class Subscriber:
    """A queue that is subscribed to the solution's topic."""

    def __init__(self, orchestrator: Orchestrator, name: str) -> None:
        self._sqs, sns = orchestrator.client("sqs"), orchestrator.client("sns")
        self._url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        topic = orchestrator.deployment.outputs["NotificationsTopicArn"]
        self._subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
        self._sns = sns

    def next_about(self, text: str, until: Until) -> str:
        """The next notification that contains the text."""

        def find() -> str | None:
            for message in self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages", []):
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
                notification = str(json.loads(message["Body"])["Message"])
                if text in notification:
                    return notification
            return None

        return str(until(find))

    def unsubscribe(self) -> None:
        self._sns.unsubscribe(SubscriptionArn=self._subscription)


@pytest.fixture
def subscriber(orchestrator: Orchestrator, request: pytest.FixtureRequest) -> Iterator[Subscriber]:
    made = Subscriber(orchestrator, request.node.originalname[:60].replace("_", "-"))
    yield made
    made.unsubscribe()


def _upload(orchestrator: Orchestrator, key: str, content: Any) -> str:
    bucket = orchestrator.deployment.outputs["ConfigBucketName"]
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return str(orchestrator.client("s3").put_object(Bucket=bucket, Key=key, Body=body)["VersionId"])


def test_an_uploaded_configuration_makes_a_pipeline(
    orchestrator: Orchestrator, model: TrainedModel, subscriber: Subscriber, until: Until
) -> None:
    _upload(orchestrator, "team-a/mlops-config.json", orchestrator.request("uploaded"))
    accepted = subscriber.next_about("was accepted", until)
    assert "team-a/mlops-config.json" in accepted
    assert orchestrator.ended("mlops-pipeline-uploaded-byompipelinerealtimebuiltin-codepipeline").has_succeeded
    finished = subscriber.next_about("finished executing", until)
    assert "Pipeline execution result is SUCCEEDED" in finished


def test_a_refused_configuration_is_reported_with_every_problem(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    """Defect 41."""
    stacks = orchestrator.stacks()
    version = _upload(orchestrator, "mlops-config.json", {"pipeline_type": "byom_realtime_builtin", "model_nam": "x"})
    notification = subscriber.next_about("refused", until)
    assert orchestrator.deployment.outputs["ConfigBucketName"] in notification
    assert "mlops-config.json" in notification
    assert version in notification
    for key in ("model_nam", "model_name", "inference_instance", "data_capture_location", "model_framework"):
        assert f"- {key}: " in notification
    assert orchestrator.stacks() == stacks


def test_a_configuration_that_is_not_json_is_reported(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    _upload(orchestrator, "mlops-config.json", b"pipeline_type: byom")
    assert "not valid JSON" in subscriber.next_about("refused", until)


def test_only_the_exact_name_counts(orchestrator: Orchestrator, subscriber: Subscriber, until: Until) -> None:
    """Defect 42."""
    for key in ("mlops-config.json.bak", "mlops-config.json/x", "my-mlops-config.json"):
        _upload(orchestrator, key, {"model_name": key})
    _upload(orchestrator, "mlops-config.json", {"model_name": "the last one"})
    # Events keep their order, so whatever the first three had caused would have come before.
    assert "mlops-config.json (version" in subscriber.next_about("refused", until)
