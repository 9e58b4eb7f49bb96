# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts.local_aws.eventbridge import events
from scripts.local_aws.sagemaker import install as sagemaker
from scripts.local_aws.sagemaker.jobs import job_process
from scripts.local_aws.sagemaker.jobs.job_records import THREADS
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.monitoring import (
    ACCOUNT,
    ANALYZER,
    ARN,
    BUCKET,
    baseline_request,
    keys,
    python_request,
)
from tests.local_aws.waiting import SECONDS

OWN = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/own:1"
WRITE, ENDLESS = "open('/opt/ml/processing/output/a', 'w')", "__import__('threading').Event().wait()"
Start = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module", autouse=True)
def bucket(client: ClientFactory) -> None:
    client("s3").create_bucket(Bucket=BUCKET)
    client("s3").put_object(Bucket=BUCKET, Key="data.csv", Body="label,age\n1,30\n0,41\n")
    client("s3").put_object(Bucket=BUCKET, Key="code/empty", Body="")


@pytest.fixture
def start(client: ClientFactory) -> Start:
    """Run a job to its end; the description."""

    def run(name: str, source: str = "data.csv", **changes: Any) -> dict[str, Any]:
        sm = client("sagemaker")
        sm.create_processing_job(ProcessingJobName=name, **baseline_request(source, f"out/{name}", **changes))
        assert sagemaker.wait_idle(SECONDS)
        return dict(sm.describe_processing_job(ProcessingJobName=name))

    return run


def test_a_job_is_described_as_it_was_requested(start: Start) -> None:
    job = start("Described", StoppingCondition={"MaxRuntimeInSeconds": 600})
    asked = baseline_request("data.csv", "out/Described", StoppingCondition={"MaxRuntimeInSeconds": 600})
    del asked["Tags"]
    assert {name: job[name] for name in asked} == asked
    assert job["ProcessingJobArn"] == f"{ARN}:processing-job/described"
    assert job["ProcessingJobStatus"] == "Completed"
    assert job["ExitMessage"] == "Completed: Job completed successfully with no violations."
    assert job["CreationTime"] <= job["ProcessingStartTime"] <= job["ProcessingEndTime"]
    assert "FailureReason" not in job
    assert "Tags" not in job
    assert "MonitoringScheduleArn" not in job


def test_tags_are_found_by_the_arn_in_lower_case(client: ClientFactory, start: Start) -> None:
    arn = start("Tagged")["ProcessingJobArn"]
    assert client("sagemaker").list_tags(ResourceArn=arn)["Tags"] == [{"Key": "stack_name", "Value": "mine"}]


@pytest.mark.parametrize(
    ("name", "changes", "image"),
    [
        ("own", {"AppSpecification": {"ImageUri": OWN}}, OWN),
        ("shell", {"AppSpecification": {"ImageUri": OWN, "ContainerEntrypoint": ["sh", "-c", "exit"]}}, OWN),
        ("script", {"AppSpecification": {"ImageUri": OWN, "ContainerEntrypoint": ["python3", "/opt/ml/code.py"]}}, OWN),
        ("plain", {"Environment": None}, ANALYZER),
    ],
)
def test_what_cannot_run_is_recorded_and_says_so(
    client: ClientFactory, start: Start, name: str, changes: dict[str, Any], image: str
) -> None:
    job = start(name, **changes)
    assert job["ProcessingJobStatus"] == "Completed"
    assert f"python3 -c, and the analyses of monitors, not {image} with this env" in job["ExitMessage"]
    assert job["ExitMessage"].endswith(f"Nothing was written to s3://{BUCKET}/out/{name}.")
    assert keys(client("s3"), f"out/{name}") == []


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("enum", {"ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.enormous"}}}, "enum value set"),
        ("role", {"RoleArn": "arn:aws:iam::12:role/monitor"}, "regular expression pattern"),
        ("time", {"StoppingCondition": {"MaxRuntimeInSeconds": 777601}}, "less than or equal to 777600"),
    ],
)
def test_a_request_against_the_api_is_refused(
    client: ClientFactory, name: str, changes: dict[str, Any], words: str
) -> None:
    request = baseline_request("data.csv", "out", **changes)
    cluster = request["ProcessingResources"]["ClusterConfig"]
    request["ProcessingResources"] = {"ClusterConfig": {"InstanceCount": 1, "VolumeSizeInGB": 20} | cluster}
    with pytest.raises(ClientError, match=words) as refused:
        client("sagemaker").create_processing_job(ProcessingJobName=name, **request)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(ClientError, match=f"Could not find requested job with name: {name}"):
        client("sagemaker").describe_processing_job(ProcessingJobName=name)


def test_a_name_is_never_free_again(client: ClientFactory, start: Start) -> None:
    start("Once")
    with pytest.raises(ClientError, match="Job name must be unique") as refused:
        client("sagemaker").create_processing_job(ProcessingJobName="ONCE", **baseline_request("data.csv", "out"))
    assert refused.value.response["Error"]["Code"] == "ResourceInUse"


def test_jobs_are_listed_with_status_and_reason(client: ClientFactory, start: Start) -> None:
    start("listed-a")
    start("listed-b", "nothing-here")
    listed = client("sagemaker").list_processing_jobs(NameContains="listed-")["ProcessingJobSummaries"]
    assert {job["ProcessingJobName"]: job["ProcessingJobStatus"] for job in listed} == {
        "listed-a": "Completed",
        "listed-b": "Failed",
    }
    failed = client("sagemaker").list_processing_jobs(StatusEquals="Failed", NameContains="listed-")
    (job,) = failed["ProcessingJobSummaries"]
    assert "nothing-here" in job["FailureReason"]


def test_a_stopped_job_writes_nothing(client: ClientFactory) -> None:
    sm = client("sagemaker")
    sm.create_processing_job(ProcessingJobName="Long", **python_request(WRITE, ENDLESS))
    with THREADS.changed:
        assert THREADS.changed.wait_for(lambda: [one.name for one in job_process.running()] == ["Long"], SECONDS)
    sm.stop_processing_job(ProcessingJobName="Long")
    assert sagemaker.wait_idle(SECONDS)
    assert sm.describe_processing_job(ProcessingJobName="Long")["ProcessingJobStatus"] == "Stopped"
    assert keys(client("s3"), "out/python") == []
    with pytest.raises(ClientError, match="the processing job is in status Stopped"):
        sm.stop_processing_job(ProcessingJobName="Long")
    with pytest.raises(ClientError) as refused:
        sm.stop_processing_job(ProcessingJobName="never-was")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFound"


def test_each_change_is_an_event(client: ClientFactory, start: Start) -> None:
    queue = client("sqs").create_queue(QueueName="changes")["QueueUrl"]
    pattern = {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Processing Job State Change"]}
    client("events").put_rule(Name="changes", EventPattern=json.dumps(pattern))
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:changes"
    client("events").put_targets(Rule="changes", Targets=[{"Id": "queue", "Arn": arn}])
    job = start("Told")
    start("Told-of-failure", "nothing-here")
    assert events.wait_idle(SECONDS)
    messages = client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    told = [json.loads(message["Body"]) for message in messages]
    details = [event["detail"] for event in told]
    assert [(each["ProcessingJobName"], each["ProcessingJobStatus"]) for each in details] == [
        ("Told", "InProgress"),
        ("Told", "Completed"),
        ("Told-of-failure", "InProgress"),
        ("Told-of-failure", "Failed"),
    ]
    assert told[1]["resources"] == [job["ProcessingJobArn"]]
    assert details[1]["ProcessingEndTime"] == round(job["ProcessingEndTime"].timestamp() * 1000)
    assert details[1]["ExitMessage"].startswith("Completed")
    assert details[1]["AppSpecification"] == {"ImageUri": ANALYZER}
    assert "nothing-here" in details[3]["FailureReason"]
