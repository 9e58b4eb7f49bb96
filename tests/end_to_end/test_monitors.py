# SPDX-License-Identifier: Apache-2.0
"""Monitors on SageMaker's engine, on the local AWS: a baseline, a schedule, a violation that people hear of."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.end_to_end import foreign
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]
VIOLATIONS = "CompletedWithViolations: Job completed successfully with 2 violations."
COLUMNS = 3


class Monitoring:
    """An endpoint with captured data, and requests of monitors for it."""

    def __init__(self, orchestrator: Orchestrator) -> None:
        self._orchestrator = orchestrator
        self.s3, self.sagemaker = orchestrator.client("s3"), orchestrator.client("sagemaker")
        self.bucket = orchestrator.deployment.outputs["AssetsBucketName"]

    def put(self, key: str, content: bytes) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)

    def serve(self, endpoint: str, captured: str = "") -> None:
        foreign.make_endpoint(self._orchestrator.deployment.aws, endpoint, captured)

    def request(self, endpoint: str, kind: str = "data_quality", **changes: Any) -> dict[str, Any]:
        return {
            "pipeline_type": f"byom_{kind}_monitor",
            "model_name": "watched",
            "endpoint_name": endpoint,
            "baseline_data": f"baselines/{endpoint}.csv",
            "baseline_job_output_location": f"{self.bucket}/monitoring/baselines",
            "data_capture_location": f"{self.bucket}/captured/{endpoint}",
            "monitoring_output_location": f"{self.bucket}/monitoring/reports",
            "schedule_expression": "cron(0 * ? * * *)",
            "monitor_max_runtime_seconds": 1800,
            "instance_type": "ml.m5.large",
            "instance_volume_size": 20,
            "monitor_engine": "sagemaker",
            **changes,
        }

    def read(self, uri: str) -> Any:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return json.loads(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    def watched(self) -> set[str]:
        """Names of endpoints that a schedule watches."""
        pages = self.sagemaker.get_paginator("list_monitoring_schedules").paginate()
        return {one["EndpointName"] for page in pages for one in page["MonitoringScheduleSummaries"]}

    def fire(self, schedule: str, **outcome: str) -> dict[str, Any]:
        """Run a schedule now; gives the description of the job."""
        url = f"{self._orchestrator.deployment.aws.endpoint_url}/_monitoring/{schedule}"
        status, body = self._orchestrator.deployment.api.client.post(url, json.dumps(outcome).encode())
        assert status == 200, body
        described: dict[str, Any] = json.loads(body)
        return described


@pytest.fixture
def monitoring(orchestrator: Orchestrator) -> Monitoring:
    return Monitoring(orchestrator)


def baseline() -> bytes:
    """With CRLF, a comma in a name and a byte order mark."""
    rows = [b'\xef\xbb\xbfcarrier,"length, metres",tide', b"small,120.5,3", b"large,301.25,1", b"large,288.0,2"]
    return b"\r\n".join(rows) + b"\r\n"


def test_a_baseline_is_computed_and_a_violation_reaches_people(
    orchestrator: Orchestrator, monitoring: Monitoring, subscriber: Subscriber, until: Until
) -> None:
    """Lessons 1, 7, 14 and 81."""
    monitoring.serve("watched-live")
    monitoring.put("baselines/watched-live.csv", baseline())
    request = monitoring.request("watched-live")
    pipeline_id = orchestrator.provisioned(request)

    outputs = orchestrator.outputs("mlops-pipeline-watched-byomdataqualitymonitor")
    constraints = monitoring.read(f"{outputs['BaselineJobOutput']}constraints.json")
    names = [feature["name"] for feature in constraints["features"]]
    assert names == ["carrier", "length, metres", "tide"]
    statistics = monitoring.read(f"{outputs['BaselineJobOutput']}statistics.json")
    assert len(statistics["features"]) == COLUMNS

    schedule = outputs["MonitoringScheduleJobName"]
    described = monitoring.sagemaker.describe_monitoring_schedule(MonitoringScheduleName=schedule)
    assert described["MonitoringScheduleStatus"] == "Scheduled"
    assert described["EndpointName"] == "watched-live"
    assert described["MonitoringScheduleConfig"]["MonitoringType"] == "DataQuality"

    api = orchestrator.deployment.api
    told = api.details(pipeline_id).body
    assert told["job"]["status"] == "Completed", "the job of the baseline, of which an output has the ARN"
    assert (told["monitor"]["schedule"], told["monitor"]["last_run"]) == (schedule, None)
    assert (told["state"], told["state_reason"]) == ("Succeeded", "The monitor has not run yet.")

    monitoring.fire(schedule, exit_message=VIOLATIONS)
    message = subscriber.next_about("The data quality monitor of endpoint watched-live found 2 violations", until)
    told = api.details(pipeline_id).body
    run = told["monitor"]["last_run"]
    assert (run["status"], run["message"]) == ("CompletedWithViolations", VIOLATIONS)
    (listed,) = api.list(model_name="watched").body["pipelines"]
    assert told["state"] == listed["state"] == "Unhealthy"
    assert VIOLATIONS in told["state_reason"]
    assert f"Monitoring schedule: {schedule}" in message
    assert f"Report: s3://{monitoring.bucket}/monitoring/reports/watched-live/{schedule}/" in message

    assert orchestrator.provision(request)["message"].endswith("No updates are to be performed.")
    assert len(orchestrator.executions(pipeline_id)) == 1


def test_two_endpoints_of_one_model_have_a_monitor_each(orchestrator: Orchestrator, monitoring: Monitoring) -> None:
    """Lesson 30."""
    for endpoint in ("twin-a", "twin-b"):
        monitoring.serve(endpoint)
        monitoring.put(f"baselines/{endpoint}.csv", baseline())
        orchestrator.provisioned(monitoring.request(endpoint, model_name="twins"))
    assert monitoring.watched() >= {"twin-a", "twin-b"}
    # Each endpoint has the stack of a pipeline, and the one that it has deployed.
    assert len([name for name in orchestrator.stacks() if name.startswith("mlops-pipeline-twins-")]) == 4


def test_clarify_gets_its_configuration(orchestrator: Orchestrator, monitoring: Monitoring) -> None:
    """The role of the monitor may read it, or the job would have failed the stack."""
    monitoring.serve("explained")
    monitoring.put("baselines/explained.csv", b"label,a,b\n1,2,3\n0,3,4\n")
    shap = {"problem_type": "Regression", "monitor_inference_attribute": "0", "shap_config": {"num_clusters": 1}}
    orchestrator.provisioned(monitoring.request("explained", "model_explainability", model_name="explained", **shap))
    outputs = orchestrator.outputs("mlops-pipeline-explained-byommodelexplainabilitymonitor")
    job = monitoring.sagemaker.describe_processing_job(ProcessingJobName=outputs["BaselineName"])
    assert job["ProcessingJobArn"] == outputs["BaselineJobArn"]
    config = monitoring.read(job["ProcessingInputs"][1]["S3Input"]["S3Uri"])
    assert config["headers"] == ["label", "a", "b"]
    assert config["predictor"]["endpoint_name"] == "explained"
    schedule = monitoring.sagemaker.describe_monitoring_schedule(
        MonitoringScheduleName=outputs["MonitoringScheduleJobName"]
    )
    definition = monitoring.sagemaker.describe_model_explainability_job_definition(
        JobDefinitionName=schedule["MonitoringScheduleConfig"]["MonitoringJobDefinitionName"]
    )
    uri = definition["ModelExplainabilityAppSpecification"]["ConfigUri"]
    assert monitoring.read(uri)["headers"] == ["a", "b"]


BIAS: dict[str, Any] = {
    "bias_config": {"label_values_or_threshold": [1], "facet_name": "a", "facet_values_or_threshold": [2]},
}
QUALITY = {"baseline_ground_truth_attribute": "label", "baseline_inference_attribute": "a"}


def records(now: datetime) -> dict[str, bytes]:
    """A capture, and what turned out to be true of it, by their folders."""
    event = {"eventMetadata": {"eventId": "one", "inferenceTime": f"{now:%Y-%m-%dT%H:%M:%SZ}"}, "eventVersion": "0"}
    sides = {"endpointInput": "2,3", "endpointOutput": "1"}
    sent = {name: {"observedContentType": "text/csv", "data": data, "encoding": "CSV"} for name, data in sides.items()}
    labelled = {"groundTruthData": {"data": "1", "encoding": "CSV"}, **event}
    found = {"{folder}/{endpoint}/v": {"captureData": sent, **event}, "truth": labelled}
    return {place: json.dumps(record).encode() for place, record in found.items()}


@pytest.mark.parametrize(("kind", "own"), [("model_bias", BIAS), ("model_quality", QUALITY)])
def test_a_run_reads_what_was_merged_with_the_truth(
    orchestrator: Orchestrator, monitoring: Monitoring, kind: str, own: dict[str, Any]
) -> None:
    """Lessons 101 and 106: prefixes, which SageMaker lists as the monitor's role, and which have the name's case."""
    model = f"merged-{kind.replace('_', '-')}"
    endpoint = model.upper()
    folder = f"captured/{endpoint}"
    monitoring.serve(endpoint, f"s3://{monitoring.bucket}/{folder}")
    monitoring.put(f"baselines/{endpoint}.csv", b"label,a,b\n1,2,3\n0,3,4\n")
    shared = {
        "model_name": model,
        "problem_type": "Regression",
        "monitor_inference_attribute": "0",
        "monitor_ground_truth_input": f"{monitoring.bucket}/truth",
    }
    orchestrator.provisioned(monitoring.request(endpoint, kind, **shared, **own))
    outputs = orchestrator.outputs(f"mlops-pipeline-{model}-byom{kind.replace('_', '')}monitor")
    now = datetime.now(UTC)
    for place, record in records(now).items():
        monitoring.put(f"{place.format(folder=folder, endpoint=endpoint)}/{now:%Y/%m/%d/%H}/a.jsonl", record)
    job = monitoring.fire(outputs["MonitoringScheduleJobName"])
    merged = f"s3://{monitoring.bucket}/monitoring/reports/merge/{endpoint}/v/"
    assert any(one["S3Input"]["S3Uri"].startswith(merged) for one in job["ProcessingInputs"])
    assert job["ProcessingJobStatus"] == "Completed", job["FailureReason"]


def test_a_baseline_that_is_not_there_is_a_400_and_makes_nothing(
    orchestrator: Orchestrator, monitoring: Monitoring
) -> None:
    answer = orchestrator.deployment.api.provision(monitoring.request("nowhere", model_name="monitored-nowhere"))
    assert answer.status == 400
    (error,) = answer.body["errors"]
    assert error["key"] == "baseline_data"
    assert "there is no baselines/nowhere.csv in the assets bucket" in error["problem"]
    assert orchestrator.stacks("-monitored-nowhere-") == set()


def test_a_baseline_that_fails_fails_the_pipeline_and_leaves_no_schedule(
    orchestrator: Orchestrator, monitoring: Monitoring
) -> None:
    """Lessons 6 and 7: the schedule stayed, and each of its runs failed."""
    monitoring.serve("unlucky")
    # What the orchestrator looks at is right; what comes behind it is not UTF-8.
    monitoring.put("baselines/unlucky.csv", b"a,b\n" + b"1,2\n" * 20_000 + b"\xff,2\n")
    pipeline_id = orchestrator.provision(monitoring.request("unlucky", model_name="unlucky"))["pipeline_id"]
    status = orchestrator.ended(pipeline_id)
    assert status.has_failed
    assert "unlucky" not in monitoring.watched()
