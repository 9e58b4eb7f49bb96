# SPDX-License-Identifier: Apache-2.0
"""Monitoring schedules that are fired: what a run looks at, finds and leaves behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from moto.sagemaker.exceptions import ResourceNotFound

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from scripts.local_aws.sagemaker import install as sagemaker
from scripts.local_aws.sagemaker.jobs.processing.processing_jobs import Outcome
from scripts.local_aws.sagemaker.monitors import monitor_runs
from scripts.local_aws.sagemaker.monitors.monitor_definitions import KINDS, JobDefinition
from scripts.local_aws.sagemaker.monitors.monitor_requests import Run
from scripts.local_aws.server import LocalAws
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.monitoring import ANALYZER, ARN, BUCKET, CLUSTER, ROLE, baseline_request, keys, read_json
from tests.local_aws.serving import BUCKET as MODELS
from tests.local_aws.serving import CAPTURE, csv_of, make_endpoint
from tests.local_aws.waiting import SECONDS

ENDPOINT_DATA = "/opt/ml/processing/input/data_quality_input"
VIOLATED = "CompletedWithViolations: Job completed successfully with 2 violations."


@pytest.fixture(scope="module", autouse=True)
def endpoint(client: ClientFactory, trained: TrainedModel) -> None:
    """An endpoint that captures its data, and a baseline of what its model was trained with."""
    s3, sm = client("s3"), client("sagemaker")
    for bucket in (BUCKET, MODELS, "captures"):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=MODELS, Key="model.tar.gz", Body=demo_model.package(trained))
    s3.put_object(Bucket=BUCKET, Key="train.csv", Body=demo_model.DATA.read_bytes())
    make_endpoint(sm, DataCaptureConfig=CAPTURE)
    sm.create_processing_job(ProcessingJobName="baseline", **baseline_request("train.csv", "baseline"))
    assert sagemaker.wait_idle(SECONDS)


def quality_request(**changes: Any) -> dict[str, Any]:
    """A definition as the product makes it."""
    output = {"S3Uri": f"s3://{BUCKET}/reports", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    return {
        "JobDefinitionName": "Quality",
        "DataQualityAppSpecification": {"ImageUri": ANALYZER},
        "DataQualityBaselineConfig": {
            "ConstraintsResource": {"S3Uri": f"s3://{BUCKET}/baseline/constraints.json"},
            "StatisticsResource": {"S3Uri": f"s3://{BUCKET}/baseline/statistics.json"},
        },
        "DataQualityJobInput": {"EndpointInput": {"EndpointName": "Endpoint", "LocalPath": ENDPOINT_DATA}},
        "DataQualityJobOutputConfig": {"MonitoringOutputs": [{"S3Output": output}]},
        "JobResources": {"ClusterConfig": CLUSTER},
        "RoleArn": ROLE,
        "StoppingCondition": {"MaxRuntimeInSeconds": 1800},
    } | changes


@pytest.fixture
def schedule(client: ClientFactory) -> Iterator[str]:
    """A schedule that monitors the endpoint's data, of which nothing is captured yet; its name."""
    sm = client("sagemaker")
    assert sagemaker.flush_captures()
    for bucket, prefix in (("captures", ""), (BUCKET, "reports/")):
        for item in client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []):
            client("s3").delete_object(Bucket=bucket, Key=item["Key"])
    sm.create_data_quality_job_definition(**quality_request())
    config = {
        "MonitoringJobDefinitionName": "Quality",
        "MonitoringType": "DataQuality",
        "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
    }
    sm.create_monitoring_schedule(MonitoringScheduleName="Hourly", MonitoringScheduleConfig=config)
    yield "Hourly"
    sm.delete_monitoring_schedule(MonitoringScheduleName="Hourly")
    sm.delete_data_quality_job_definition(JobDefinitionName="Quality")


def executions(client: ClientFactory, **filters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client("sagemaker").list_monitoring_executions(
        MonitoringScheduleName="Hourly", **filters
    )["MonitoringExecutionSummaries"]
    return found


def test_without_captured_data_a_run_fails(client: ClientFactory, schedule: str) -> None:
    job = monitor_runs.fire(schedule)
    assert job.status == "Failed"
    assert job.failure_reason.startswith(
        "Job inputs had no data: nothing was captured below s3://captures/data/Endpoint/"
    )
    (execution,) = executions(client)
    assert (execution["MonitoringExecutionStatus"], execution["FailureReason"]) == ("Failed", job.failure_reason)


def test_what_was_captured_is_held_against_the_baseline(
    client: ClientFactory, schedule: str, trained: TrainedModel
) -> None:
    """The baseline's first column is the label, a whole number; a probability in its place is a violation."""
    sm, s3 = client("sagemaker"), client("s3")
    for rows in (1, 3):
        client("sagemaker-runtime").invoke_endpoint(
            EndpointName="Endpoint", ContentType="text/csv", Body=csv_of(trained, rows)
        )
    job = sm.describe_processing_job(ProcessingJobName=monitor_runs.fire(schedule).name)
    assert job["ProcessingJobStatus"] == "Completed"
    assert job["ExitMessage"] == "CompletedWithViolations: Job completed successfully with 1 violations."
    assert job["MonitoringScheduleArn"] == f"{ARN}:monitoring-schedule/hourly"

    hour = job["Environment"]["end_time"].replace("-", "/").replace("T", "/")[:13]
    folder = f"reports/Endpoint/Hourly/{hour}"
    assert keys(s3, "reports/") == [f"{folder}/constraint_violations.json", f"{folder}/statistics.json"]
    (violation,) = read_json(s3, f"{folder}/constraint_violations.json")["violations"]
    header = demo_model.DATA.read_text().splitlines()[0].split(",")
    assert violation == {
        "feature_name": header[0],
        "constraint_check_type": "data_type_check",
        "description": "Data type match requirement is not met. Expected data type: Integral, Expected match: 100.0%. "
        "Observed: Only 0.0% of data is Integral.",
    }
    statistics = read_json(s3, f"{folder}/statistics.json")
    assert statistics["dataset"] == {"item_count": 4}
    assert [feature["name"] for feature in statistics["features"]] == header

    execution = executions(client)[0]
    assert execution["MonitoringExecutionStatus"] == "CompletedWithViolations"
    assert execution["ProcessingJobArn"] == job["ProcessingJobArn"]
    described = sm.describe_monitoring_schedule(MonitoringScheduleName=schedule)
    assert described["LastMonitoringExecutionSummary"] == execution


def test_a_baseline_that_is_not_there_fails_the_run(
    client: ClientFactory, schedule: str, trained: TrainedModel
) -> None:
    client("sagemaker-runtime").invoke_endpoint(
        EndpointName="Endpoint", ContentType="text/csv", Body=csv_of(trained, 1)
    )
    client("s3").copy_object(Bucket=BUCKET, Key="kept", CopySource=f"{BUCKET}/baseline/constraints.json")
    client("s3").delete_object(Bucket=BUCKET, Key="baseline/constraints.json")
    job = monitor_runs.fire(schedule)
    client("s3").copy_object(Bucket=BUCKET, Key="baseline/constraints.json", CopySource=f"{BUCKET}/kept")
    assert job.status == "Failed"
    # By these words a message says that there is no baseline (lesson 105).
    assert job.failure_reason.startswith(f'No S3 objects found under S3 URL "s3://{BUCKET}/baseline/constraints.json"')


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Outcome(exit_message=VIOLATED), "CompletedWithViolations"),
        (Outcome(exit_message="Completed: fine"), "Completed"),
        (Outcome("Failed", failure_reason="out of memory"), "Failed"),
    ],
)
def test_an_outcome_can_be_played(client: ClientFactory, schedule: str, outcome: Outcome, status: str) -> None:
    job = monitor_runs.fire(schedule, outcome)
    assert (job.exit_message, job.failure_reason) == (outcome.exit_message, outcome.failure_reason)
    assert [one["MonitoringExecutionStatus"] for one in executions(client)] == [status]
    assert len(executions(client, StatusEquals=status)) == 1
    assert executions(client, ScheduledTimeBefore=datetime(2020, 1, 1, tzinfo=UTC)) == []


class TestHttp:
    @pytest.fixture
    def post(self, local_aws: LocalAws) -> Any:
        def send(path: str, body: Any = None) -> requests.Response:
            data = None if body is None else json.dumps(body)
            return requests.post(f"{local_aws.endpoint_url}/_monitoring/{path}", data=data, timeout=SECONDS)

        return send

    def test_a_schedule_is_fired_by_post(self, client: ClientFactory, schedule: str, post: Any) -> None:
        answer = post(f"{schedule}?account=123456789012&region=us-east-1", {"exit_message": VIOLATED})
        assert (answer.status_code, answer.json()["ExitMessage"]) == (200, VIOLATED)
        assert answer.json()["ProcessingJobArn"] == executions(client)[0]["ProcessingJobArn"]

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ({"status": "Stopped"}, "status: Input should be 'Completed' or 'Failed'"),
            ({"reason": "x"}, "reason: Extra inputs are not permitted"),
            ([], "body: "),
        ],
    )
    def test_an_outcome_that_no_run_can_have_is_refused(self, schedule: str, post: Any, body: Any, words: str) -> None:
        answer = post(schedule, body)
        assert answer.status_code == 400
        assert words in answer.json()["message"]

    def test_what_cannot_be_fired(self, local_aws: LocalAws, schedule: str, post: Any) -> None:
        assert post("nothing").status_code == 404
        assert requests.get(f"{local_aws.endpoint_url}/_monitoring/{schedule}", timeout=SECONDS).status_code == 405
        assert post(schedule, {}).status_code == 200


def test_an_unknown_schedule_cannot_be_fired(endpoint: None) -> None:
    with pytest.raises(ResourceNotFound, match="Could not find monitoring schedule"):
        monitor_runs.fire("never-was")


class TestRequests:
    END = datetime(2026, 1, 1, 0, 20, tzinfo=UTC)

    def run(self, request: dict[str, Any] | None = None, kind: int = 0) -> Run:
        return Run("Hourly", JobDefinition(KINDS[kind], request or quality_request(), "arn"), self.END, "v")

    def test_an_hour_may_have_two_folders(self) -> None:
        assert self.run().hours("s3://c/e/v") == {
            "2025/12/31/23": "s3://c/e/v/2025/12/31/23",
            "2026/01/01/00": "s3://c/e/v/2026/01/01/00",
        }

    def test_the_container_gets_its_environment_and_inputs(self) -> None:
        request = self.run().request({"2026/01/01/00": "s3://c/e/v/2026/01/01/00"})
        assert request["ProcessingJobName"].startswith("data-quality-monitoring-202601010020-")
        assert request["Environment"] == {
            "baseline_constraints": "/opt/ml/processing/baseline/constraints/constraints.json",
            "baseline_statistics": "/opt/ml/processing/baseline/stats/statistics.json",
            "dataset_format": '{"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}',
            "dataset_source": ENDPOINT_DATA,
            "end_time": "2026-01-01T00:20:00Z",
            "metric_time": "2025-12-31T23:20:00Z",
            "monitoring_input_type": "ENDPOINT_INPUT",
            "output_path": "/opt/ml/processing/output",
            "publish_cloudwatch_metrics": "Enabled",
            "sagemaker_endpoint_name": "Endpoint",
            "sagemaker_monitoring_schedule_name": "Hourly",
            "start_time": "2025-12-31T23:20:00Z",
        }
        inputs = {one["InputName"]: one["S3Input"] for one in request["ProcessingInputs"]}
        assert {name: (one["S3Uri"], one["LocalPath"]) for name, one in inputs.items()} == {
            "constraints": (f"s3://{BUCKET}/baseline/constraints.json", "/opt/ml/processing/baseline/constraints"),
            "statistics": (f"s3://{BUCKET}/baseline/statistics.json", "/opt/ml/processing/baseline/stats"),
            "endpoint_input_1": ("s3://c/e/v/2026/01/01/00", f"{ENDPOINT_DATA}/Endpoint/2026/01/01/00"),
        }
        (output,) = request["ProcessingOutputConfig"]["Outputs"]
        assert output["S3Output"]["S3Uri"] == f"s3://{BUCKET}/reports/Endpoint/Hourly/2026/01/01/00"
        assert output["S3Output"]["S3UploadMode"] == "EndOfJob"

    @pytest.mark.parametrize(("kind", "prefix"), list(enumerate(kind.prefix for kind in KINDS)))
    def test_names_of_jobs_fit_the_api(self, kind: int, prefix: str) -> None:
        request = {name.replace("DataQuality", prefix): value for name, value in quality_request().items()}
        assert len(self.run(request, kind).request({})["ProcessingJobName"]) <= 63

    def test_model_quality_is_told_the_problem(self) -> None:
        given = quality_request(DataQualityAppSpecification={"ImageUri": ANALYZER, "ProblemType": "Regression"})
        given["DataQualityJobInput"]["EndpointInput"]["InferenceAttribute"] = "0"
        request = {name.replace("DataQuality", "ModelQuality"): value for name, value in given.items()}
        environment = self.run(request, 1).request({})["Environment"]
        assert environment["analysis_type"] == "MODEL_QUALITY"
        assert environment["problem_type"] == "Regression"
        assert environment["inference_attribute"] == "0"
