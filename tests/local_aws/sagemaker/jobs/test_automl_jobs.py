# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts.local_aws.eventbridge import events
from scripts.local_aws.sagemaker import install as sagemaker
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.serving import ACCOUNT, ARN, BUCKET, ROLE
from tests.local_aws.waiting import SECONDS

Start = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module", autouse=True)
def account(client: ClientFactory) -> None:
    client("s3").create_bucket(Bucket=BUCKET)
    client("s3").put_object(Bucket=BUCKET, Key="train/data.csv", Body="a,b\n1,2\n")


def request(name: str, **changes: Any) -> dict[str, Any]:
    """The product's request; `changes` replace members of it."""
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/train/"}
    whole = {
        "AutoMLJobName": name,
        "RoleArn": ROLE,
        "GenerateCandidateDefinitionsOnly": False,
        "InputDataConfig": [{"DataSource": {"S3DataSource": source}, "TargetAttributeName": "b"}],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/out"},
        "AutoMLJobConfig": {
            "CompletionCriteria": {"MaxCandidates": 10, "MaxRuntimePerTrainingJobInSeconds": 600},
            "SecurityConfig": {"EnableInterContainerTrafficEncryption": True},
        },
        "ProblemType": "BinaryClassification",
        "AutoMLJobObjective": {"MetricName": "F1"},
    }
    return whole | changes


@pytest.fixture
def start(client: ClientFactory) -> Start:
    """Create a job and wait for its end; the description."""

    def run(name: str, **changes: Any) -> dict[str, Any]:
        sm = client("sagemaker")
        sm.create_auto_ml_job(**request(name, **changes))
        assert sagemaker.wait_idle(SECONDS)
        return dict(sm.describe_auto_ml_job(AutoMLJobName=name))

    return run


def test_a_job_completes_and_says_that_it_did_not_search(start: Start) -> None:
    job, asked = start("Recorded"), request("Recorded")
    assert (job["AutoMLJobStatus"], job["AutoMLJobSecondaryStatus"]) == ("Completed", "Completed")
    assert {name: job[name] for name in asked} == asked
    assert job["AutoMLJobArn"] == f"{ARN}:automl-job/recorded"
    assert "does not search for models" in job["PartialFailureReasons"][0]["PartialFailureMessage"]
    assert "BestCandidate" not in job
    assert job["CreationTime"] <= job["EndTime"] <= job["LastModifiedTime"]


def test_tags_stay_with_the_job(client: ClientFactory, start: Start) -> None:
    job = start("Tagged", Tags=[{"Key": "a", "Value": "b"}])
    assert client("sagemaker").list_tags(ResourceArn=job["AutoMLJobArn"])["Tags"] == [{"Key": "a", "Value": "b"}]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"AutoMLJobName": "a" * 33}, "2 validation errors detected: Value 'aaaa"),
        (
            {"AutoMLJobObjective": {"MetricName": "speed"}},
            "1 validation error detected: Value 'speed' at 'autoMLJob",
        ),
        (
            {
                "InputDataConfig": [
                    {
                        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/nothing"}},
                        "TargetAttributeName": "b",
                    }
                ]
            },
            f'No S3 objects found under S3 URL "s3://{BUCKET}/nothing"',
        ),
    ],
)
def test_wrong_requests_are_refused(client: ClientFactory, changes: dict[str, Any], words: str) -> None:
    """The name of 33 characters guards against lesson 10: 32 are allowed."""
    with pytest.raises(ClientError) as refused:
        client("sagemaker").create_auto_ml_job(**request("Refused", **changes))
    error = refused.value.response["Error"]
    assert (error["Code"], error["Message"][: len(words)]) == ("ValidationException", words)
    with pytest.raises(ClientError) as unknown:
        client("sagemaker").describe_auto_ml_job(AutoMLJobName="Refused")
    assert unknown.value.response["Error"]["Code"] == "ResourceNotFound"


def test_a_name_is_never_free_again_and_what_is_over_cannot_be_stopped(client: ClientFactory, start: Start) -> None:
    start("Once")
    with pytest.raises(ClientError) as refused:
        client("sagemaker").create_auto_ml_job(**request("once"))
    assert refused.value.response["Error"]["Code"] == "ResourceInUse"
    with pytest.raises(ClientError, match="rejected because the automl job is in status Completed"):
        client("sagemaker").stop_auto_ml_job(AutoMLJobName="Once")


def test_jobs_are_listed_by_time_status_and_page(client: ClientFactory, start: Start) -> None:
    sm = client("sagemaker")
    last = [start(f"listed-{letter}")["LastModifiedTime"] for letter in "abc"][-1]

    def listed(**wanted: Any) -> list[str]:
        found = sm.list_auto_ml_jobs(NameContains="listed-", **wanted)["AutoMLJobSummaries"]
        return [job["AutoMLJobName"] for job in found]

    assert listed() == ["listed-c", "listed-b", "listed-a"]
    assert listed(SortBy="CreationTime", SortOrder="Ascending", MaxResults=2) == ["listed-a", "listed-b"]
    assert listed(StatusEquals="Completed", LastModifiedTimeBefore=last) == ["listed-b", "listed-a"]
    assert listed(LastModifiedTimeAfter=last - timedelta(milliseconds=1)) == ["listed-c"]
    assert listed(StatusEquals="Failed") == []
    pages = sm.get_paginator("list_auto_ml_jobs").paginate(NameContains="listed-", PaginationConfig={"PageSize": 1})
    assert [len(page["AutoMLJobSummaries"]) for page in pages] == [1, 1, 1]


def test_no_event_is_sent_as_on_aws(client: ClientFactory, start: Start) -> None:
    queue = client("sqs").create_queue(QueueName="changes")["QueueUrl"]
    client("events").put_rule(Name="changes", EventPattern=json.dumps({"source": ["aws.sagemaker", "a.marker"]}))
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:changes"
    client("events").put_targets(Rule="changes", Targets=[{"Id": "queue", "Arn": arn}])
    start("Silent", Tags=[{"Key": "a", "Value": "b"}])
    events.emit("a.marker", "The end", {}, [], ACCOUNT, "us-east-1")
    assert events.wait_idle(SECONDS)
    messages = client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert [json.loads(message["Body"])["source"] for message in messages] == ["a.marker"]
