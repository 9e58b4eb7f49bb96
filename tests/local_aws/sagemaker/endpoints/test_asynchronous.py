# SPDX-License-Identifier: Apache-2.0
"""InvokeEndpointAsync: requests wait for instances, answers and failures are written to S3, topics hear of both."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final, cast

import pytest
from botocore.exceptions import ClientError
from moto.sagemaker.models import sagemaker_backends

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from scripts.local_aws.sagemaker.endpoints import asynchronous, waiting_work
from scripts.local_aws.sagemaker.endpoints.endpoint import LocalEndpoint
from scripts.local_aws.server import LocalAws
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.minutes import begin_minute
from tests.local_aws.serving import ACCOUNT, BUCKET, VARIANT, csv_of, make_config, make_model
from tests.local_aws.waiting import eventually

Topics = dict[str, tuple[str, str]]
"""Name -> ARN of a topic, and the address of a queue that hears it."""
LATER: Final = "later"
METRICS: Final = ("ApproximateBacklogSize", "ApproximateBacklogSizePerInstance", "HasBacklogWithoutCapacity")


@pytest.fixture(scope="module")
def topics(client: ClientFactory) -> Topics:
    sns, sqs, made = client("sns"), client("sqs"), {}
    for name in ("answers", "failures"):
        arn, url = sns.create_topic(Name=name)["TopicArn"], sqs.create_queue(QueueName=name)["QueueUrl"]
        queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
        made[name] = (arn, url)
    return made


@pytest.fixture(scope="module", autouse=True)
def endpoint(client: ClientFactory, topics: Topics, trained: TrainedModel) -> Iterator[None]:
    s3, sm = client("s3"), client("sagemaker")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="model.tar.gz", Body=demo_model.package(trained))
    make_model(sm, LATER)
    told = {"SuccessTopic": topics["answers"][0], "ErrorTopic": topics["failures"][0]}
    output = {
        "S3OutputPath": f"s3://{BUCKET}/out",
        "S3FailurePath": f"s3://{BUCKET}/failed/",
        "NotificationConfig": told,
    }
    make_config(sm, LATER, LATER, AsyncInferenceConfig={"OutputConfig": output})
    sm.create_endpoint(EndpointName=LATER, EndpointConfigName=LATER)
    yield
    sm.delete_endpoint(EndpointName=LATER)


def count(sm: Any, number: int) -> None:
    wanted = [{"VariantName": VARIANT["VariantName"], "DesiredInstanceCount": number}]
    sm.update_endpoint_weights_and_capacities(EndpointName=LATER, DesiredWeightsAndCapacities=wanted)


def ask(client: ClientFactory, body: str, **more: Any) -> dict[str, Any]:
    client("s3").put_object(Bucket=BUCKET, Key="in/rows.csv", Body=body.encode())
    given = {"InputLocation": f"s3://{BUCKET}/in/rows.csv", "ContentType": "text/csv", **more}
    answer: dict[str, Any] = client("sagemaker-runtime").invoke_endpoint_async(EndpointName=LATER, **given)
    return answer


def written(client: ClientFactory, location: str) -> str | None:
    bucket, _, key = location.removeprefix("s3://").partition("/")
    try:
        return str(client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode())
    except ClientError:
        return None


def heard(client: ClientFactory, topics: Topics, name: str, *ids: str) -> list[dict[str, Any]]:
    """What a topic was told of requests, each once."""
    url = topics[name][1]
    found = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in found:
        client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    told = [json.loads(message["Body"]) for message in found]
    return [one for one in told if one["inferenceId"] in ids]


def test_requests_wait_until_there_is_an_instance(
    client: ClientFactory, local_aws: LocalAws, topics: Topics, trained: TrainedModel
) -> None:
    sm = client("sagemaker")
    count(sm, 0)
    answer = ask(client, csv_of(trained, 3), InferenceId="tide-7")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert answer["InferenceId"] == "tide-7"
    name = re.fullmatch(rf"s3://{BUCKET}/out/([0-9a-f-]{{36}})\.out", answer["OutputLocation"])
    assert name is not None
    assert answer["FailureLocation"] == f"s3://{BUCKET}/failed/{name[1]}-error.out"
    local_aws.advance(600)
    assert written(client, answer["OutputLocation"]) is None
    count(sm, 1)
    local_aws.advance(61)
    lines = written(client, answer["OutputLocation"])
    assert lines is not None
    assert len(lines.split()) == 3
    (told,) = heard(client, topics, "answers", "tide-7")
    times = [told.pop(name) for name in ("eventTime", "receivedTime")]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment) for moment in times)
    ended, received = map(datetime.fromisoformat, times)
    assert ended - received >= timedelta(seconds=600)
    assert told == {
        "awsRegion": "us-east-1",
        "invocationStatus": "Completed",
        "requestParameters": {
            "contentType": "text/csv",
            "endpointName": LATER,
            "inputLocation": f"s3://{BUCKET}/in/rows.csv",
        },
        "responseParameters": {"contentType": "text/csv; charset=utf-8", "outputLocation": answer["OutputLocation"]},
        "inferenceId": "tide-7",
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }
    assert heard(client, topics, "failures", "tide-7") == []


def test_what_the_model_refuses_goes_to_the_place_of_failures(
    client: ClientFactory, local_aws: LocalAws, topics: Topics
) -> None:
    count(client("sagemaker"), 1)
    answer = ask(client, "no, numbers, here", InferenceId="tide-8")
    local_aws.advance(61)
    assert written(client, answer["OutputLocation"]) is None
    assert written(client, answer["FailureLocation"])
    (told,) = heard(client, topics, "failures", "tide-8")
    assert told["invocationStatus"] == "Failed"
    assert re.match(r"ClientError: Received (client|server) error \([45]\d\d\) from model\.", told["failureReason"])
    assert "responseParameters" not in told


def test_what_cannot_be_read_or_has_waited_too_long_fails(
    client: ClientFactory, local_aws: LocalAws, topics: Topics, trained: TrainedModel
) -> None:
    sm = client("sagemaker")
    count(sm, 0)
    ask(client, csv_of(trained, 1), InferenceId="absent", InputLocation=f"s3://{BUCKET}/in/absent.csv")
    local_aws.advance(1)
    ask(client, csv_of(trained, 1), InferenceId="late", RequestTTLSeconds=600)
    local_aws.advance(900)
    count(sm, 1)
    local_aws.advance(61)
    reasons = sorted(told["failureReason"] for told in heard(client, topics, "failures", "absent", "late"))
    assert len(reasons) == 2
    assert "Failed to download" in reasons[0]
    assert "expired" in reasons[1]


def test_metrics_say_how_many_wait(client: ClientFactory, local_aws: LocalAws, trained: TrainedModel) -> None:
    sm, alarms = client("sagemaker"), client("cloudwatch")
    for name in METRICS:
        alarms.put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/SageMaker",
            MetricName=name,
            Dimensions=[{"Name": "EndpointName", "Value": LATER}],
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
        )

    def states() -> set[str]:
        return {alarm["StateValue"] for alarm in alarms.describe_alarms(AlarmNames=list(METRICS))["MetricAlarms"]}

    count(sm, 0)
    begin_minute(local_aws)
    ask(client, csv_of(trained, 1))
    local_aws.advance(121)
    assert states() == {"ALARM"}
    count(sm, 1)
    local_aws.advance(180)
    assert states() == {"OK"}


def test_it_answers_nobody_at_once_and_never_will(client: ClientFactory, local_aws: LocalAws) -> None:
    sm = client("sagemaker")
    with pytest.raises(ClientError, match="takes InvokeEndpointAsync alone"):
        client("sagemaker-runtime").invoke_endpoint(EndpointName=LATER, Body=b"1", ContentType="text/csv")
    make_config(sm, "at-once", LATER)
    with pytest.raises(ClientError, match="AsyncInferenceConfig parameter cannot be removed from this endpoint later"):
        sm.update_endpoint(EndpointName=LATER, EndpointConfigName="at-once")
    sm.create_endpoint(EndpointName="at-once", EndpointConfigName="at-once")
    with pytest.raises(ClientError, match="is no asynchronous endpoint"):
        client("sagemaker-runtime").invoke_endpoint_async(EndpointName="at-once", InputLocation="s3://assets/in/x")
    sm.delete_endpoint(EndpointName="at-once")


def test_what_comes_as_a_worker_ends_is_worked_on_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    workers, looks = asynchronous._Workers(), []

    def finding_none(endpoint: LocalEndpoint) -> bool:
        looks.append(endpoint)
        if len(looks) == 1:
            workers.start(endpoint)
        return False

    monkeypatch.setattr(waiting_work, "work_on_one", finding_none)
    workers.start(cast(LocalEndpoint, sagemaker_backends[ACCOUNT]["us-east-1"].endpoints[LATER]))
    eventually(lambda: len(looks) >= 2)
    workers.stop()
