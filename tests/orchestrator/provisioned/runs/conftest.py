# SPDX-License-Identifier: Apache-2.0
"""A monitor in moto's account, its runs as SageMaker describes them, and the two routes about them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import pytest
from botocore.stub import Stubber

from orchestrator import api
from orchestrator.aws import calls
from orchestrator.launch.settings import Settings
from tests.orchestrator.pipelines_there import make_pipeline, make_stack

Body = dict[str, Any]
TYPE: Final = "byom_data_quality_monitor"
POSTFIX: Final = "byomdataqualitymonitor"
DEPLOYED: Final = f"mlops-pipeline-berths-{POSTFIX}"
BUCKET: Final = "harbour-reports"
ENDPOINT: Final = "berths-prod"
SCHEDULE: Final = "berths-prod-dataquality-1a2b"
REPORTS: Final = f"s3://{BUCKET}/monitoring/{ENDPOINT}/{SCHEDULE}"
WHOLE: Final = {"EndpointName": ENDPOINT, "ScheduleExpression": "cron(0 * ? * * *)"}


class Answer(NamedTuple):
    """An answer of the API."""

    status: int
    body: Body


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """In moto's account."""
    return replace(settings, deploy_role_arn="arn:aws:iam::123456789012:role/mlops-DeployRole")


@pytest.fixture(autouse=True)
def buckets(aws: None, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """The pipelines bucket and that of the reports."""
    monkeypatch.setattr(api, "_settings", lambda: settings)
    place = {"LocationConstraint": settings.launch.region}
    for name in (settings.launch.pipelines_bucket, BUCKET):
        calls.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=place)


@pytest.fixture
def call(api_event: Callable[..., Body], context: Any) -> Callable[..., Answer]:
    """`call("GET", limit="2")`: status and body of a call about the runs of a pipeline, `berths` without an id."""

    def called(method: str, body: Any = None, pipeline: str = "berths", **query: str) -> Answer:
        event = api_event(
            f"/pipelines/{pipeline}/runs",
            body,
            httpMethod=method,
            resource="/pipelines/{id}/runs",
            pathParameters={"id": pipeline},
            queryStringParameters=query,
        )
        answer = api.handler(event, context)
        return Answer(answer["statusCode"], json.loads(answer["body"]))

    return called


def deploy(engine: str = "Open", expression: str = "cron(0 * ? * * *)") -> str:
    """Make the monitor `berths`; return the beginning of the names of its runs."""
    make_pipeline("berths", TYPE, POSTFIX)
    outputs = {"MonitoringScheduleJobName": SCHEDULE, "MonitoringScheduleOutput": f"{REPORTS}/"}
    named = {"MonitorEngine": engine} if engine == "Open" else {}
    arn = make_stack(DEPLOYED, {**WHOLE, "ScheduleExpression": expression}, **outputs, **named)
    return f"mlops-monitor-{arn.rsplit('/', 1)[1].split('-')[0]}-"


def environment(hour: int, **changes: str) -> dict[str, str]:
    """Environment of the run of an hour."""
    return {
        "output_path": REPORTS,
        "schedule_expression": "cron(0 * ? * * *)",
        "scheduled_time": f"2026-11-24T{hour:02}:00:00Z",
        "sagemaker_endpoint_name": ENDPOINT,
        "sagemaker_monitoring_schedule_name": SCHEDULE,
        **changes,
    }


def job(name: str, status: str = "Completed", *, exit_message: str = "", **changes: Any) -> Body:
    """A processing job as DescribeProcessingJob has it."""
    return {
        "ProcessingJobName": name,
        "ProcessingJobArn": f"arn:aws:sagemaker:eu-west-1:123456789012:processing-job/{name}",
        "ProcessingJobStatus": status,
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        },
        "AppSpecification": {"ImageUri": "i"},
        "CreationTime": datetime(2026, 11, 24, tzinfo=UTC),
        **({"ExitMessage": exit_message} if exit_message else {}),
        **changes,
    }


def listed(stub: Stubber, names: list[str], following: str = "", **asked: Any) -> None:
    """Have ListProcessingJobs answer these names once."""
    summaries = [{key: value for key, value in job(name).items() if key in _OF_SUMMARY} for name in names]
    answer = {"ProcessingJobSummaries": summaries, **({"NextToken": following} if following else {})}
    expected = {"SortBy": "CreationTime", "SortOrder": "Descending", **asked} if asked else None
    stub.add_response("list_processing_jobs", answer, expected)


_OF_SUMMARY: Final = ("ProcessingJobName", "ProcessingJobArn", "CreationTime", "ProcessingJobStatus")


def described(stub: Stubber, found: Body) -> None:
    """Have DescribeProcessingJob answer this job once."""
    stub.add_response("describe_processing_job", found, {"ProcessingJobName": found["ProcessingJobName"]})


def put(key: str, document: Any) -> None:
    """Put a file of a run below the reports."""
    folder = REPORTS.removeprefix(f"s3://{BUCKET}/")
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    calls.client("s3").put_object(Bucket=BUCKET, Key=f"{folder}/{key}", Body=content)
