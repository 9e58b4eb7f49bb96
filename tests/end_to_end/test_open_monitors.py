# SPDX-License-Identifier: Apache-2.0
"""Monitors on the open engine: baseline, a quiet run by the schedule, and a run on demand that finds a change."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import pytest

from tests.end_to_end import berths
from tests.end_to_end.berths import Berths
from tests.end_to_end.open_cases import CASES, Case, request_of
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]
QUIET: Final = "Completed: Job completed successfully with no violations."


@pytest.fixture
def watched(orchestrator: Orchestrator) -> Callable[[Case], tuple[Berths, str]]:
    """An endpoint with its monitor of a kind; the id of the monitor's pipeline."""

    def provision(case: Case) -> tuple[Berths, str]:
        bucket = orchestrator.deployment.outputs["AssetsBucketName"]
        served = Berths(orchestrator.deployment.aws, f"berths-{case.kind.replace('_', '-')}", bucket)
        served.serve()
        baseline = served.baseline(case.kind, orchestrator.client("s3"), bucket)
        request = request_of(case, served, f"{bucket}/monitoring", baseline)
        return served, orchestrator.provisioned(request)

    return provision


class Runs:
    """The runs of a monitor, by the orchestrator's API."""

    def __init__(self, orchestrator: Orchestrator, pipeline_id: str) -> None:
        deployment = orchestrator.deployment
        self._client, self._s3 = deployment.api.client, orchestrator.client("s3")
        self._url = f"{deployment.api_url}/pipelines/{quote(pipeline_id, safe='')}/runs"
        self.schedule = deployment.api.details(pipeline_id).body["monitor"]["schedule"]
        self._firing = f"{deployment.aws.endpoint_url}/_monitoring/{self.schedule}"

    def fire(self) -> dict[str, Any]:
        """Let the schedule start a run; it has ended."""
        status, body = self._client.post(self._firing, b"")
        assert status == 200, body
        job = json.loads(body)
        assert job["ProcessingJobStatus"] == "Completed", job["FailureReason"]
        return self.newest()

    def ask(self, start: str, end: str) -> str:
        """Start a run for a window; its id."""
        status, body = self._client.post(self._url, json.dumps({"start_time": start, "end_time": end}).encode())
        assert status == 202, body
        return str(json.loads(body)["run"]["id"])

    def newest(self) -> dict[str, Any]:
        _, body = self._client.send("GET", self._url)
        return dict(json.loads(body)["runs"][0])

    def files(self, run: dict[str, Any]) -> dict[str, bytes]:
        """What a run has left, by name."""
        bucket, _, prefix = run["output"].removeprefix("s3://").partition("/")
        listed = self._s3.list_objects_v2(Bucket=bucket, Prefix=prefix, Delimiter="/")["Contents"]
        found = {one["Key"].removeprefix(prefix): one["Key"] for one in listed}
        return {name: self._s3.get_object(Bucket=bucket, Key=key)["Body"].read() for name, key in found.items()}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_monitor_is_quiet_about_what_it_knows_and_tells_of_a_change(
    orchestrator: Orchestrator,
    watched: Callable[[Case], tuple[Berths, str]],
    subscriber: Subscriber,
    until: Until,
    case: Case,
) -> None:
    served, pipeline_id = watched(case)
    runs = Runs(orchestrator, pipeline_id)

    served.send()
    served.label()
    quiet = runs.fire()
    assert quiet["status"] == "Completed", quiet["message"]
    assert quiet["message"].startswith(QUIET)
    assert "the baseline has no predictions" not in quiet["message"]
    assert quiet["violations"] == []
    files = runs.files(quiet)
    assert files.keys() >= {*case.files, "constraint_violations.json", "report.html", "run.json"}

    start = berths.next_second(until)
    served.send(case.sent)
    served.label(case.labelled)
    run_id = runs.ask(start, berths.next_second(until))
    message = subscriber.next_about(f"The {case.words} monitor of endpoint {served.name} found", until)
    found = runs.newest()
    assert (found["id"], found["status"]) == (run_id, "CompletedWithViolations")
    assert case.named in message
    assert case.named in found["message"]
    assert f"Report: {found['report']}" in message
    assert found["report"].endswith("/report.html")
    assert {one["feature_name"] for one in found["violations"]}
    report = runs.files(found)["report.html"].decode()
    assert found["violations"][0]["feature_name"] in report
    assert len(report) < 200_000
    assert _violations(orchestrator, served.name, runs.schedule) == {0.0, float(len(found["violations"]))}
    assert orchestrator.deployment.api.details(pipeline_id).body["state"] == "Unhealthy"


def _violations(orchestrator: Orchestrator, endpoint: str, schedule: str) -> set[float]:
    """The values of the metric on which the monitor's alarm is."""
    named = [{"Name": "Endpoint", "Value": endpoint}, {"Name": "MonitoringSchedule", "Value": schedule}]
    now = datetime.now(UTC)
    metric = {"Namespace": "MLOps/Monitors", "MetricName": "violations", "Dimensions": named}
    cloudwatch = orchestrator.client("cloudwatch")
    alarms = [one for page in cloudwatch.get_paginator("describe_alarms").paginate() for one in page["MetricAlarms"]]
    watching = [one.get("MetricStat", {}).get("Metric") for alarm in alarms for one in alarm.get("Metrics", [])]
    assert metric in watching
    found = cloudwatch.get_metric_statistics(
        **metric, StartTime=now - timedelta(hours=1), EndTime=now + timedelta(minutes=1), Period=60,
        Statistics=["Minimum", "Maximum"],
    )["Datapoints"]  # fmt: skip
    return {one[name] for one in found for name in ("Minimum", "Maximum")}
