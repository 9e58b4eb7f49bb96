# SPDX-License-Identifier: Apache-2.0
"""Runs of a monitor by the API on the local AWS: by schedule and on demand, listed, in pages, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

import pytest

from mlops_orchestrator.aws.api_client import Answer
from tests.end_to_end import foreign
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.test_openapi import assert_documented
from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]
Body = dict[str, Any]
QUIET: Final = "Completed: Job completed successfully with no violations."
HOUR: Final = datetime(2026, 11, 24, 12, tzinfo=UTC)
"""When the data was captured."""
_CSV: Final = {"observedContentType": "text/csv", "encoding": "CSV"}


@dataclass(frozen=True)
class Runs:
    """The routes about the runs of one pipeline."""

    orchestrator: Orchestrator
    pipeline: str

    def list(self, **query: object) -> Answer:
        """A page."""
        return self._send("GET", f"?{urlencode(query)}" if query else "")

    def listed(self, **query: object) -> Body:
        """What a page has; it is as documented."""
        answer = self.list(**query)
        assert_documented("ListRuns", answer, 200)
        return answer.body

    def start(self, start: datetime | None = None, end: datetime | None = None, **more: object) -> Answer:
        """Start a run for a window."""
        given = {"start_time": start, "end_time": end}
        body = {name: moment.isoformat() for name, moment in given.items() if moment} | more
        return self._send("POST", body=body)

    def ended(self, run_id: str, until: Until) -> Body:
        """The run, when it has ended."""

        def find() -> Body | None:
            found = next((run for run in self.listed()["runs"] if run["id"] == run_id), None)
            return found if found and found["status"] != "InProgress" else None

        run: Body = until(find)
        return run

    def _send(self, method: str, query: str = "", body: Body | None = None) -> Answer:
        deployment = self.orchestrator.deployment
        url = f"{deployment.api_url}/pipelines/{quote(self.pipeline, safe='')}/runs{query}"
        client = deployment.api.client
        content = json.dumps(body).encode() if body is not None else b""
        status, answer = client.post(url, content) if method == "POST" else client.send(method, url)
        return Answer(status, json.loads(answer))


def lines(start: datetime, shift: int) -> bytes:
    """Captures of a minute, one a second: the prediction, and two features of which the first may be shifted."""
    written = []
    for second in range(60):
        sides = {"endpointInput": f"{100 + second % 20 + shift},{second % 7}", "endpointOutput": f"{second % 2}"}
        sent = {name: {"data": text, **_CSV} for name, text in sides.items()}
        moment = start + timedelta(seconds=second)
        meta = {"eventId": f"{start:%M}-{second}", "inferenceTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}
        written.append(json.dumps({"captureData": sent, "eventMetadata": meta, "eventVersion": "0"}))
    return "\n".join(written).encode()


def reports_of(name: str) -> str:
    """The bucket of a monitor's reports, which the orchestrator may read nothing else of."""
    return f"harbour-{name}-reports"


def request_of(orchestrator: Orchestrator, name: str, **changes: Any) -> Body:
    """The request of a data quality monitor, whose endpoint and baseline are there."""
    bucket, s3 = orchestrator.deployment.outputs["AssetsBucketName"], orchestrator.client("s3")
    foreign.make_endpoint(orchestrator.deployment.aws, name, f"s3://{bucket}/captured")
    rows = [f"{second % 2},{100 + second % 20},{second % 7}" for second in range(60)]
    s3.create_bucket(Bucket=reports_of(name))
    s3.put_object(Bucket=bucket, Key=f"baselines/{name}.csv", Body="\n".join(["late,length,tide", *rows]).encode())
    return {
        "pipeline_type": "byom_data_quality_monitor",
        "model_name": name,
        "endpoint_name": name,
        "baseline_data": f"baselines/{name}.csv",
        "baseline_job_output_location": f"{bucket}/monitoring/baselines",
        "data_capture_location": f"{bucket}/captured",
        "monitoring_output_location": f"{reports_of(name)}/monitoring",
        "schedule_expression": "cron(0 * ? * * *)",
        "monitor_max_runtime_seconds": 1800,
        "instance_type": "ml.m5.large",
        "instance_volume_size": 20,
        **changes,
    }


@pytest.fixture
def captured(orchestrator: Orchestrator) -> Callable[[str], None]:
    """`captured(endpoint)`: a quiet minute, and one in which the ships are longer."""
    bucket, s3 = orchestrator.deployment.outputs["AssetsBucketName"], orchestrator.client("s3")

    def put(endpoint: str) -> None:
        for minute, shift in ((0, 0), (30, 50)):
            key = f"captured/{endpoint}/AllTraffic/{HOUR:%Y/%m/%d/%H}/{minute}.jsonl"
            s3.put_object(Bucket=bucket, Key=key, Body=lines(HOUR + timedelta(minutes=minute), shift))

    return put


def test_runs_are_started_listed_and_told(
    orchestrator: Orchestrator, captured: Callable[[str], None], subscriber: Subscriber, until: Until
) -> None:
    name = "run-live"
    orchestrator.provisioned(request_of(orchestrator, name))
    captured(name)
    runs, minute = Runs(orchestrator, f"{name}/data-quality-monitor"), timedelta(minutes=1)
    assert runs.listed() == {"runs": []}

    half = HOUR + timedelta(minutes=30)
    windows = [(HOUR, HOUR + minute), (half, half + minute), (HOUR + 5 * minute, HOUR + 6 * minute)]
    ids = []
    for start, end in windows:
        answer = runs.start(start, end)
        assert_documented("StartRun", answer, 202)
        ids.append(answer.body["run"]["id"])
        runs.ended(ids[-1], until)
    quiet, found, nothing = (runs.ended(run_id, until) for run_id in ids)

    assert (quiet["status"], quiet["message"], quiet["violations"]) == ("Completed", QUIET, [])
    assert (quiet["start_time"], quiet["end_time"]) == tuple(moment.isoformat() for moment in windows[0])
    assert nothing["status"] == "Completed"
    assert nothing["message"].startswith("Completed: nothing was captured")
    assert found["status"] == "CompletedWithViolations"
    assert {(one["feature_name"], one["constraint_check_type"]) for one in found["violations"]} == {
        ("length", "baseline_drift_check")
    }
    assert all(one["description"] for one in found["violations"])
    schedule = orchestrator.outputs(f"mlops-pipeline-{name}-byomdataqualitymonitor")["MonitoringScheduleJobName"]
    bucket = reports_of(name)
    folder = f"s3://{bucket}/monitoring/{name}/{schedule}/2026/11/24/12/{ids[1][-32:]}/"
    assert (found["output"], found["report"]) == (folder, f"{folder}report.html")
    key = found["report"].removeprefix(f"s3://{bucket}/")
    assert b"length" in orchestrator.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()

    message = subscriber.next_about(f"The data quality monitor of endpoint {name} found 1 violations", until)
    assert "length: baseline_drift_check" in message
    assert f"Report: {found['report']}" in message
    assert not subscriber.has_heard(ids[0]), "nobody is told of a quiet run"

    url = f"{orchestrator.deployment.aws.endpoint_url}/_monitoring/{schedule}"
    for _ in range(2):
        status, answer = orchestrator.deployment.api.client.post(url, b"")
        assert status == 200, answer
    listed = runs.listed()["runs"]
    assert len(listed) == 5
    assert [run["id"] for run in listed[2:]] == list(reversed(ids))
    pages, following = [], ""
    for _ in range(3):
        page = runs.listed(limit=2, **({"next": following} if following else {}))
        pages.append([run["id"] for run in page["runs"]])
        following = page.get("next", "")
    assert pages == [[run["id"] for run in listed[first : first + 2]] for first in (0, 2, 4)]
    assert following == ""

    told = orchestrator.deployment.api.details(f"{name}/data-quality-monitor").body
    assert (told["monitor"]["engine"], told["monitor"]["status"]) == ("open", "Scheduled")
    assert told["monitor"]["last_run"]["status"] == "Completed"
    assert told["state"] == "Succeeded"


def test_roles_with_path_and_boundary_and_a_key(with_options: Orchestrator, until: Until) -> None:
    """The orchestrator may pass the role of a monitor, and read what was written with another key."""
    name, client = "run-options", with_options.client
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    client("kms").create_alias(AliasName="alias/harbour-runs", TargetKeyId=key)
    key = f"{key.rpartition(':')[0]}:alias/harbour-runs"
    with_options.provisioned(request_of(with_options, name, kms_key_arn=key))
    runs = Runs(with_options, name)
    answer = runs.start(HOUR, HOUR + timedelta(minutes=1))
    assert_documented("StartRun", answer, 202)
    run = runs.ended(answer.body["run"]["id"], until)
    assert (run["status"], run["message"][:30]) == ("Completed", "Completed: nothing was capture")


def test_what_cannot_be_run(orchestrator: Orchestrator) -> None:
    """Each of them starts nothing."""
    native = "run-native"
    orchestrator.provisioned(request_of(orchestrator, native, monitor_engine="sagemaker"))
    runs = Runs(orchestrator, native)
    answer = runs.start()
    assert_documented("StartRun", answer, 409)
    assert "by schedule only" in answer.body["message"]
    assert runs.listed() == {"runs": []}
    assert Runs(orchestrator, "run-nobody").start().status == 404
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert Runs(orchestrator, "run-nobody").start(end=tomorrow).status == 404


def test_windows_that_cannot_be(orchestrator: Orchestrator) -> None:
    name = "run-windows"
    orchestrator.provisioned(request_of(orchestrator, name))
    runs = Runs(orchestrator, name)
    for start, end, key in (
        (HOUR, HOUR, "start_time"),
        (HOUR - timedelta(days=40), HOUR, "start_time"),
        (HOUR, datetime.now(UTC) + timedelta(days=1), "end_time"),
    ):
        answer = runs.start(start, end)
        assert_documented("StartRun", answer, 400)
        assert answer.body["errors"][0]["key"] == key
    assert runs.start(window="1h").status == 400
    assert runs.listed() == {"runs": []}
