# SPDX-License-Identifier: Apache-2.0
"""Jobs that have ended: their events, what SageMaker says of them, and what people and markers get."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from orchestrator import api
from orchestrator.aws import calls
from orchestrator.launch.settings import Settings
from orchestrator.sagemaker.registration import Instructions
from tests.orchestrator import telling
from tests.orchestrator.conftest import Context, read_json

Event = dict[str, Any]
PIPELINES = "quayside-pipelines"
KEY = f"provisioned/mlops-pipeline-berths-modeltraining/registrations/{'0' * 32}.json"
ROLE = "arn:aws:iam::111122223333:role/mlops-pipeline-berths-mod-SageMakerRole-9XJ2K4L7M1QZ"
PACKAGE = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/berths/3"
JOB = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/berths-1"


@pytest.fixture(autouse=True)
def with_settings(aws: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The handler of an orchestrator that has a topic and a bucket for pipelines."""
    topic = calls.client("sns").create_topic(Name="notifications")["TopicArn"]
    used = telling.by_topic(settings, topic)
    monkeypatch.setattr(api, "_settings", lambda: used)
    s3 = calls.client("s3")
    s3.create_bucket(Bucket=PIPELINES, CreateBucketConfiguration={"LocationConstraint": settings.launch.region})
    s3.put_bucket_versioning(Bucket=PIPELINES, VersioningConfiguration={"Status": "Enabled"})
    return used


@pytest.fixture
def inbox(sent: list[Any]) -> Callable[[], list[dict[str, str]]]:
    """The messages that were published so far."""
    return lambda: [call.parameters for call in sent if call.operation == "sns.Publish"]


@pytest.fixture
def trained() -> Event:
    description: Event = read_json("events/training_job_description.json")
    return description


def ended(status: str = "Completed", **tags: str) -> Event:
    """The event of a training job."""
    event: Event = read_json("events/training_job_ended.json")
    event["detail"]["TrainingJobStatus"] = status
    event["detail"]["Tags"] |= tags
    return event


def tuned(**tags: str) -> Event:
    event: Event = read_json("events/tuning_job_ended.json")
    event["detail"]["Tags"] |= tags
    return event


def deliver(event: Event, invocation: str = "first") -> Event:
    return api.handler(event, Context(aws_request_id=invocation))  # type: ignore[arg-type]


def describing(stub: Stubber, description: Event, operation: str = "describe_training_job", **changes: Any) -> None:
    """Have a description answered; empty changes leave the member out."""
    answer = {key: value for key, value in {**description, **changes}.items() if value != ""}
    noun = next(key.removesuffix("Arn") for key in description if key.endswith("JobArn"))
    stub.add_response(operation, answer, {f"{noun}Name": description[f"{noun}Name"]})


_REST = ["InferenceSpecification", "MetadataProperties", "CustomerMetadataProperties", "ModelMetrics", "ClientToken"]


def creating(stub: Stubber, status: str = "PendingManualApproval", **expected: Any) -> None:
    parameters = {
        "ModelPackageGroupName": "berths",
        "ModelApprovalStatus": status,
        **dict.fromkeys(_REST, ANY),
        **expected,
    }
    stub.add_response("create_model_package", {"ModelPackageArn": PACKAGE}, parameters)


def instruct(key: str = KEY, **more: Any) -> None:
    asked = Instructions(model_package_group_name="berths", **more)
    calls.client("s3").put_object(Bucket=PIPELINES, Key=key, Body=asked.as_json())


Inbox = Callable[[], list[dict[str, str]]]


def _tuning_job(**changes: Any) -> Event:
    best = {
        "TrainingJobName": "berths-t-001-0a1b2c3d",
        "TrainingJobArn": f"{JOB}-t",
        "CreationTime": datetime(2026, 11, 22, tzinfo=UTC),
        "TrainingJobStatus": "Completed",
        "TunedHyperParameters": {"eta": "0.1"},
    }
    return {
        "HyperParameterTuningJobName": "berths-t",
        "HyperParameterTuningJobArn": "arn:aws:sagemaker:eu-west-1:111122223333:hyper-parameter-tuning-job/berths-t",
        "HyperParameterTuningJobConfig": {"Strategy": "Random", "ResourceLimits": {"MaxParallelTrainingJobs": 1}},
        "HyperParameterTuningJobStatus": "Completed",
        "CreationTime": datetime(2026, 11, 22, tzinfo=UTC),
        "TrainingJobStatusCounters": {},
        "ObjectiveStatusCounters": {},
        "BestTrainingJob": best,
        "TrainingJobDefinition": {
            "RoleArn": ROLE,
            "AlgorithmSpecification": {"TrainingInputMode": "File"},
            "OutputDataConfig": {"S3OutputPath": "s3://quayside-assets/out"},
            "StoppingCondition": {},
        },
        **changes,
    }
