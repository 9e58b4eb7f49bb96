# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts.local_aws.eventbridge import events
from tests.local_aws.waiting import SECONDS

ACCOUNT = "123456789012"
Client = Callable[..., Any]


def put(client: Client, detail: dict[str, Any], source: str = "test") -> None:
    entry = {"Source": source, "DetailType": "Something", "Detail": json.dumps(detail)}
    assert client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


@dataclass
class Queue:
    client: Client
    url: str
    arn: str

    def messages(self) -> list[dict[str, Any]]:
        """Everything that has arrived, once all deliveries are over."""
        assert events.wait_idle(SECONDS)
        found: list[dict[str, Any]] = []
        while (
            answer := self.client("sqs")
            .receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
            .get("Messages")
        ):
            found += answer
        return found

    def bodies(self) -> list[Any]:
        return [json.loads(message["Body"]) for message in self.messages()]


@pytest.fixture
def queue(client: Client) -> Queue:
    name = f"q-{uuid.uuid4().hex[:8]}"
    url = client("sqs").create_queue(QueueName=name)["QueueUrl"]
    return Queue(client, url, f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}")


@pytest.fixture
def rule(client: Client) -> Callable[..., str]:
    """Makes a rule with a target, named by the test's own source or bucket in the pattern."""

    def make(pattern: dict[str, Any], target_arn: str, **target: Any) -> str:
        name = f"r-{uuid.uuid4().hex[:8]}"
        client("events").put_rule(Name=name, EventPattern=json.dumps(pattern))
        client("events").put_targets(Rule=name, Targets=[{"Id": "t", "Arn": target_arn, **target}])
        return name

    return make


def test_a_custom_event_reaches_a_queue_in_eventbridges_envelope(client: Client, queue: Queue, rule: Any) -> None:
    rule({"source": ["envelope"]}, queue.arn)
    put(client, {"a": 1}, source="envelope")
    (event,) = queue.bodies()
    assert event["detail"] == {"a": 1}
    assert event["detail-type"] == "Something"
    assert event["account"] == ACCOUNT
    assert event["time"].endswith("Z")
    assert set(event) == {
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"
    }  # fmt: skip


@pytest.mark.parametrize(
    "case",
    [
        (["x"], "x", "y"),
        ([{"prefix": "mlops-pipeline-"}], "mlops-pipeline-a", "pipeline-a"),
        ([{"suffix": "mlops-config.json"}], "team/mlops-config.json", "mlops-config.json.bak"),
        ([{"anything-but": ["STARTED"]}], "FAILED", "STARTED"),
        ([{"equals-ignore-case": "failed"}], "FAILED", "STOPPED"),
        ([{"wildcard": "*/mlops-config.json"}], "a/mlops-config.json", "a/b.json"),
        ([{"numeric": [">", 2, "<=", 5]}], 5, 2),
        ([{"exists": True}], "x", None),
    ],
)
def test_patterns(client: Client, queue: Queue, rule: Any, case: tuple[Any, Any, Any]) -> None:
    condition, matching, other = case
    source = f"patterns-{uuid.uuid4()}"
    rule({"source": [source], "detail": {"key": condition}}, queue.arn)
    put(client, {"key": matching}, source)
    put(client, {} if other is None else {"key": other}, source)
    assert [event["detail"]["key"] for event in queue.bodies()] == [matching]


def test_or_patterns(client: Client, queue: Queue, rule: Any) -> None:
    rule({"source": ["or"], "detail": {"$or": [{"a": ["1"]}, {"b": [{"prefix": "x"}]}]}}, queue.arn)
    for detail in ({"a": "1"}, {"b": "xy"}, {"a": "2", "b": "y"}):
        put(client, detail, "or")
    assert [event["detail"] for event in queue.bodies()] == [{"a": "1"}, {"b": "xy"}]


def test_a_topic_receives_the_filled_in_template(client: Client, queue: Queue, rule: Any) -> None:
    topic = client("sns").create_topic(Name=f"t-{uuid.uuid4().hex[:8]}")["TopicArn"]
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    template = {"InputPathsMap": {"p": "$.detail.pipeline"}, "InputTemplate": '"Pipeline <p> finished"'}
    rule({"source": ["topic"]}, topic, InputTransformer=template)
    put(client, {"pipeline": "one"}, "topic")
    (message,) = queue.bodies()
    assert message["TopicArn"] == topic
    assert message["Message"] == '"Pipeline one finished"'


def test_order_is_kept(client: Client, queue: Queue, rule: Any) -> None:
    rule({"source": ["order"]}, queue.arn, InputPath="$.detail")
    for number in range(20):
        put(client, {"number": number}, "order")
    assert [each["number"] for each in queue.bodies()] == list(range(20))


def test_a_disabled_rule_and_a_scheduled_rule_deliver_nothing(client: Client, queue: Queue, rule: Any) -> None:
    client("events").disable_rule(Name=rule({"source": ["disabled"]}, queue.arn))
    client("events").put_rule(Name="scheduled", ScheduleExpression="rate(1 hour)")
    client("events").put_targets(Rule="scheduled", Targets=[{"Id": "t", "Arn": queue.arn}])
    put(client, {}, "disabled")
    assert queue.messages() == []


def test_an_undeliverable_event_goes_to_the_dead_letter_queue_with_the_reasons(
    client: Client, queue: Queue, rule: Any
) -> None:
    missing = f"arn:aws:sns:us-east-1:{ACCOUNT}:missing"
    name = rule({"source": ["dead"]}, missing, DeadLetterConfig={"Arn": queue.arn})
    put(client, {"a": 1}, "dead")
    (message,) = queue.messages()
    assert json.loads(message["Body"])["detail"] == {"a": 1}
    attributes = {key: value["StringValue"] for key, value in message["MessageAttributes"].items()}
    assert attributes["TARGET_ARN"] == missing
    assert attributes["RULE_ARN"].endswith(f"rule/{name}")
    assert attributes["ERROR_CODE"] == "NotFound"
    assert attributes["RETRY_ATTEMPTS"] == "0"


def test_a_target_that_the_local_aws_does_not_know_says_so(client: Client, queue: Queue, rule: Any) -> None:
    machine = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:m"
    rule({"source": ["unknown"]}, machine, DeadLetterConfig={"Arn": queue.arn})
    put(client, {}, "unknown")
    (message,) = queue.messages()
    assert machine in message["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"]


def test_another_bus_passes_events_on(client: Client, queue: Queue) -> None:
    bus = client("events").create_event_bus(Name="other")["EventBusArn"]
    client("events").put_rule(Name="on-other", EventBusName="other", EventPattern='{"source": ["bus"]}')
    client("events").put_targets(
        Rule="on-other", EventBusName="other", Targets=[{"Id": "t", "Arn": queue.arn, "InputPath": "$.detail"}]
    )
    client("events").put_rule(Name="to-other", EventPattern='{"source": ["bus"]}')
    client("events").put_targets(Rule="to-other", Targets=[{"Id": "t", "Arn": bus}])
    put(client, {"a": 1}, "bus")
    assert events.wait_idle(SECONDS)
    assert queue.bodies() == [{"a": 1}]


def test_an_input_that_is_not_json_is_refused_when_the_target_is_set(queue: Queue, rule: Any) -> None:
    with pytest.raises(ClientError, match="Invalid InputTemplate for target t"):
        rule({"source": ["x"]}, queue.arn, InputTransformer={"InputTemplate": "not quoted", "InputPathsMap": {}})


def test_a_function_is_invoked_with_the_event(client: Client, queue: Queue, rule: Any) -> None:
    code = (
        "import boto3, json, os\n"
        "def handler(event, context):\n"
        f"    boto3.client('sqs').send_message(QueueUrl='{queue.url}', MessageBody=json.dumps(event))\n"
    )
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("index.py", code)
    trust = {
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    }
    role = client("iam").create_role(RoleName="echo", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    function = client("lambda").create_function(
        FunctionName="echo",
        Runtime="python3.12",
        Handler="index.handler",
        Role=role,
        Code={"ZipFile": bundle.getvalue()},
    )["FunctionArn"]
    rule({"source": ["function"]}, function)
    put(client, {"a": 1}, "function")
    assert events.wait_idle(SECONDS)
    answer = client("sqs").receive_message(QueueUrl=queue.url, WaitTimeSeconds=20)
    assert json.loads(answer["Messages"][0]["Body"])["detail"] == {"a": 1}


class TestS3:
    @pytest.fixture
    def bucket(self, client: Client, queue: Queue, rule: Any) -> str:
        name = f"b-{uuid.uuid4().hex[:8]}"
        client("s3").create_bucket(Bucket=name)
        client("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        client("s3").put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
        pattern = {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": {"bucket": {"name": [name]}}}
        rule(pattern, queue.arn)
        return name

    def test_a_put_is_reported_once_with_the_key_as_it_is(self, client: Client, queue: Queue, bucket: str) -> None:
        key = "team a/ü+&/mlops-config.json"
        stored = client("s3").put_object(Bucket=bucket, Key=key, Body=b"{}")
        (event,) = queue.bodies()
        assert event["resources"] == [f"arn:aws:s3:::{bucket}"]
        detail = event["detail"]
        assert detail["object"].pop("sequencer")
        assert detail["object"] == {
            "key": key, "size": 2, "etag": stored["ETag"].strip('"'), "version-id": stored["VersionId"]
        }  # fmt: skip
        assert detail["reason"] == "PutObject"
        assert detail["version"] == "0"
        assert {"request-id", "requester", "source-ip-address"} <= set(detail)

    def test_a_copy_says_so(self, client: Client, queue: Queue, bucket: str) -> None:
        client("s3").put_object(Bucket=bucket, Key="a", Body=b"{}")
        client("s3").copy_object(Bucket=bucket, Key="b", CopySource={"Bucket": bucket, "Key": "a"})
        reasons = {event["detail"]["object"]["key"]: event["detail"]["reason"] for event in queue.bodies()}
        assert reasons == {"a": "PutObject", "b": "CopyObject"}

    def test_a_multipart_upload_is_reported_once(self, client: Client, queue: Queue, bucket: str) -> None:
        s3 = client("s3")
        upload = s3.create_multipart_upload(Bucket=bucket, Key="big")["UploadId"]
        part = s3.upload_part(Bucket=bucket, Key="big", UploadId=upload, PartNumber=1, Body=b"x" * 100)
        parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        s3.complete_multipart_upload(Bucket=bucket, Key="big", UploadId=upload, MultipartUpload=parts)
        assert [event["detail"]["reason"] for event in queue.bodies()] == ["CompleteMultipartUpload"]

    def test_sequencers_grow(self, client: Client, queue: Queue, bucket: str) -> None:
        for _ in range(3):
            client("s3").put_object(Bucket=bucket, Key="a", Body=b"{}")
        sequencers = [event["detail"]["object"]["sequencer"] for event in queue.bodies()]
        assert sequencers == sorted(set(sequencers))

    def test_a_bucket_without_eventbridge_is_silent(self, client: Client, queue: Queue, bucket: str) -> None:
        off: dict[str, Any] = {}
        client("s3").put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=off)
        client("s3").put_object(Bucket=bucket, Key="a", Body=b"{}")
        assert queue.messages() == []
