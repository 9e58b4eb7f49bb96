# SPDX-License-Identifier: Apache-2.0
"""The custom resource that turns on EventBridge, from CloudFormation's event to its answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from botocore.stub import Stubber

from orchestrator import bucket_events
from orchestrator.aws import calls
from orchestrator.aws.s3 import bucket_notifications

BUCKET = "the-operators-bucket"


class Answers(HTTPServer):
    """Where CloudFormation waits for the answer: keeps each PUT with its content type."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Put)
        self.received: list[dict[str, Any]] = []
        self.content_types: list[str | None] = []


class _Put(BaseHTTPRequestHandler):
    server: Answers

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(json.loads(body))
        self.server.content_types.append(self.headers["Content-Type"])
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing: the test tells what it got."""


@pytest.fixture
def answers() -> Iterator[Answers]:
    with Answers() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join(timeout=5)


@pytest.fixture(autouse=True)
def bucket(aws: None) -> None:
    calls.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})


def handle(answers: Answers, context: Any, request_type: str, bucket: str = BUCKET) -> dict[str, Any]:
    """Invoke the function as CloudFormation does; gives the one answer."""
    event = {
        "RequestType": request_type,
        "ResponseURL": f"http://127.0.0.1:{answers.server_port}/answer",
        "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/mlops/1",
        "RequestId": "b7f8a1c2",
        "LogicalResourceId": "ConfigBucketEvents",
        "ResourceProperties": {"ServiceToken": "arn:of:function", "BucketName": bucket},
    }
    bucket_events.handler(event, context)
    (answer,) = answers.received
    assert {key: answer[key] for key in ("StackId", "RequestId", "LogicalResourceId")} == {
        key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")
    }
    assert answer["PhysicalResourceId"] == bucket
    return answer


def written(sent: list[Any]) -> list[Any]:
    """The notification settings that were written; moto does not give back the one for EventBridge."""
    puts = (call for call in sent if call.operation == "s3.PutBucketNotificationConfiguration")
    return [call.parameters["NotificationConfiguration"] for call in puts]


@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_eventbridge_is_turned_on(answers: Answers, context: Any, sent: list[Any], request_type: str) -> None:
    assert handle(answers, context, request_type)["Status"] == "SUCCESS"
    assert written(sent) == [{"EventBridgeConfiguration": {}}]
    # S3 signed the address of the answer without a content type: any other value is refused.
    assert answers.content_types == [""]


def test_the_bucket_s_other_notifications_stay(answers: Answers, context: Any, sent: list[Any]) -> None:
    queue = {"Id": "theirs", "QueueArn": new_queue(), "Events": ["s3:ObjectCreated:*"]}
    calls.client("s3").put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": [queue]}
    )
    assert handle(answers, context, "Create")["Status"] == "SUCCESS"
    assert written(sent)[-1] == {"QueueConfigurations": [queue], "EventBridgeConfiguration": {}}


def new_queue() -> str:
    sqs = calls.client("sqs")
    url = sqs.create_queue(QueueName="uploads")["QueueUrl"]
    return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])


def test_a_bucket_that_has_it_is_left_alone(answers: Answers, context: Any, sent: list[Any]) -> None:
    with Stubber(calls.client("s3")) as s3:
        s3.add_response("get_bucket_notification_configuration", {"EventBridgeConfiguration": {}}, {"Bucket": BUCKET})
        assert handle(answers, context, "Update")["Status"] == "SUCCESS"
    assert written(sent) == []


def test_delete_leaves_the_setting(answers: Answers, context: Any, sent: list[Any]) -> None:
    """Others may rely on it by then; and a bucket that is gone cannot stop the stack's deletion."""
    assert handle(answers, context, "Delete", "no-such-bucket")["Status"] == "SUCCESS"
    assert sent == []


def test_a_refusal_is_told_to_cloudformation(answers: Answers, context: Any) -> None:
    answer = handle(answers, context, "Create", "no-such-bucket")
    assert answer["Status"] == "FAILED"
    assert "AWS did not turn on EventBridge for the bucket no-such-bucket" in answer["Reason"]
    assert "NoSuchBucket" in answer["Reason"]


def test_whatever_goes_wrong_cloudformation_gets_an_answer(
    answers: Answers, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str) -> None:
        raise ZeroDivisionError("surprise")

    monkeypatch.setattr(bucket_notifications, "turn_on_eventbridge", fail)
    answer = handle(answers, context, "Create")
    assert (answer["Status"], answer["Reason"]) == ("FAILED", "ZeroDivisionError: surprise")
