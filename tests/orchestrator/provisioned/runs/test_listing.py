# SPDX-License-Identifier: Apache-2.0
"""Runs of a monitor in this account: their order, pages, windows, violations, and what cannot be read of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from botocore.stub import Stubber

from orchestrator.aws.s3 import objects
from orchestrator.errors import ServiceRefusedError
from tests.orchestrator.pipelines_there import make_pipeline, make_stack
from tests.orchestrator.provisioned.runs.conftest import (
    DEPLOYED,
    POSTFIX,
    REPORTS,
    SCHEDULE,
    TYPE,
    Answer,
    deploy,
    described,
    environment,
    job,
    listed,
    put,
)

Call = Callable[..., Answer]
DONE: Final = "Completed: Job completed successfully with no violations."
FOUND: Final = "CompletedWithViolations: Job completed successfully with 1 violations."
VIOLATION: Final = {
    "feature_name": "draught",
    "constraint_check_type": "baseline_drift_check",
    "description": "Baseline drift distance: 0.43 exceeds threshold: 0.1",
}


class TestOpenEngine:
    @pytest.fixture(autouse=True)
    def one_after_another(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A stub answers in order: jobs are looked at one after another here."""
        monkeypatch.setattr("orchestrator.aws.parallel._AT_ONCE", 1)

    def test_five_runs_the_newest_first(self, call: Call, sagemaker: Stubber) -> None:
        prefix = deploy()
        names = [f"{prefix}{number}" for number in (5, 4, 3, 2, 1)]
        listed(sagemaker, names, MaxResults=20, NameContains=prefix)
        changes: dict[int, Any] = {
            5: {"status": "InProgress"},
            4: {"exit_message": FOUND},
            3: {"exit_message": DONE},
            2: {"status": "Failed", "FailureReason": "AlgorithmError: bad rows, exit code: 1"},
            1: {"status": "Stopped"},
        }
        for name, (hour, more) in zip(names, changes.items(), strict=True):
            described(sagemaker, job(name, **more, Environment=environment(hour)))
        put("2026/11/24/04/constraint_violations.json", {"violations": [VIOLATION]})
        status, body = call("GET")
        assert (status, set(body)) == (200, {"runs"})
        assert [run["id"] for run in body["runs"]] == names
        expected = ["InProgress", "CompletedWithViolations", "Completed", "Failed", "Stopped"]
        assert [run["status"] for run in body["runs"]] == expected
        assert [run["violations"] for run in body["runs"]] == [[], [VIOLATION], [], [], []]
        assert [bool(run["report"]) for run in body["runs"]] == [False, True, True, False, False]
        found = body["runs"][1]
        assert found["output"] == f"{REPORTS}/2026/11/24/04/"
        assert found["report"] == f"{REPORTS}/2026/11/24/04/report.html"
        window = ("2026-11-24T03:00:00+00:00", "2026-11-24T04:00:00+00:00")
        assert (found["start_time"], found["end_time"]) == window
        assert body["runs"][3]["message"] == "bad rows"

    def test_pages(self, call: Call, sagemaker: Stubber) -> None:
        prefix = deploy()
        listed(sagemaker, [f"{prefix}2", f"another-{prefix}1"], "more", MaxResults=2, NameContains=prefix)
        described(sagemaker, job(f"{prefix}2", Environment=environment(2)))
        first = call("GET", limit="2").body
        assert ([run["id"] for run in first["runs"]], first["next"]) == ([f"{prefix}2"], "more")
        listed(sagemaker, [], MaxResults=2, NameContains=prefix, NextToken="more")
        assert call("GET", limit="2", next="more").body == {"runs": []}

    def test_a_next_of_another_list_is_refused(self, call: Call, sagemaker: Stubber) -> None:
        deploy()
        sagemaker.add_client_error("list_processing_jobs", "ValidationException", "Invalid NextToken")
        status, body = call("GET", next="x")
        assert (status, body["errors"][0]["key"]) == (400, "next")

    @pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "51"}, {"limit": "many"}, {"page": "2"}], ids=str)
    def test_what_the_list_does_not_take(self, call: Call, query: dict[str, str]) -> None:
        assert call("GET", **query).status == 400

    def test_a_run_on_demand_has_a_folder_and_a_window_of_its_own(self, call: Call, sagemaker: Stubber) -> None:
        prefix = deploy()
        listed(sagemaker, [f"{prefix}7"])
        asked = {"start_time": "2026-11-24T03:00:30Z", "end_time": "2026-11-24T03:59:59Z", "run_id": "7"}
        given = environment(0, **asked)
        del given["scheduled_time"]
        described(sagemaker, job(f"{prefix}7", exit_message=FOUND, Environment=given))
        put("2026/11/24/03/7/constraint_violations.json", {"violations": [VIOLATION]})
        (run,) = call("GET").body["runs"]
        assert run["output"] == f"{REPORTS}/2026/11/24/03/7/"
        assert (run["start_time"], run["end_time"]) == ("2026-11-24T03:00:30+00:00", "2026-11-24T03:59:59+00:00")
        assert run["violations"] == [VIOLATION]

    def test_the_run_s_own_file_says_its_window(self, call: Call, sagemaker: Stubber) -> None:
        """How far apart the times of an uneven schedule are, only the engine works out."""
        prefix = deploy(expression="cron(0 9 ? * MON-FRI *)")
        listed(sagemaker, [f"{prefix}1"])
        given = environment(9, schedule_expression="cron(0 9 ? * MON-FRI *)")
        described(sagemaker, job(f"{prefix}1", exit_message=DONE, Environment=given))
        put("2026/11/24/09/run.json", {"start_time": "2026-11-21T09:00:00Z", "end_time": "2026-11-24T09:00:00Z"})
        (run,) = call("GET").body["runs"]
        assert run["start_time"] == "2026-11-21T09:00:00+00:00"

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (None, "constraint_violations.json is not there any more."),
            (b"not JSON", "is not JSON."),
            ([], "is no JSON object."),
            ({"violations": []}, "lists none."),
            (b"x" * (4 * 1024 * 1024 + 1), "is too long to be shown."),
        ],
        ids=["deleted", "no JSON", "a list", "empty", "long"],
    )
    def test_files_that_cannot_be_read_are_told(self, call: Call, sagemaker: Stubber, content: Any, words: str) -> None:
        prefix = deploy()
        listed(sagemaker, [f"{prefix}1"])
        described(sagemaker, job(f"{prefix}1", exit_message=FOUND, Environment=environment(4)))
        if content is not None:
            put("2026/11/24/04/constraint_violations.json", content)
        (run,) = call("GET").body["runs"]
        assert (run["status"], run["violations"]) == ("CompletedWithViolations", [])
        assert run["message"].startswith(FOUND)
        assert run["message"].endswith(words)

    def test_so_is_access_denied(self, call: Call, sagemaker: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(bucket: str, key: str, _: int) -> None:
            raise ServiceRefusedError(f"let the orchestrator read s3://{bucket}/{key}", "AccessDenied", "Access Denied")

        monkeypatch.setattr(objects, "beginning", refuse)
        prefix = deploy()
        listed(sagemaker, [f"{prefix}1"])
        described(sagemaker, job(f"{prefix}1", exit_message=FOUND, Environment=environment(4)))
        (run,) = call("GET").body["runs"]
        assert run["violations"] == []
        assert run["message"].endswith("AccessDenied: Access Denied.")

    def test_files_elsewhere_are_not_read(self, call: Call, sagemaker: Stubber, sent: list[Any]) -> None:
        """A job may be anybody's and name any place."""
        prefix = deploy()
        listed(sagemaker, [f"{prefix}1"])
        described(sagemaker, job(f"{prefix}1", exit_message=FOUND, Environment=environment(4, output_path="s3://x/y")))
        (run,) = call("GET").body["runs"]
        assert (run["violations"], "were not read" in run["message"]) == ([], True)
        assert "s3.GetObject" not in [one.operation for one in sent]

    def test_a_hundred_violations_of_a_run_are_told(self, call: Call, sagemaker: Stubber) -> None:
        prefix = deploy()
        listed(sagemaker, [f"{prefix}1"])
        described(sagemaker, job(f"{prefix}1", exit_message=FOUND, Environment=environment(4)))
        put("2026/11/24/04/constraint_violations.json", {"violations": [VIOLATION] * 103})
        (run,) = call("GET").body["runs"]
        assert len(run["violations"]) == 100
        assert run["message"].endswith("3 more are in constraint_violations.json.")

    @pytest.mark.parametrize("operation", ["list_processing_jobs", "describe_processing_job"])
    def test_a_throttled_call_is_an_answer_that_says_to_repeat(
        self, call: Call, sagemaker: Stubber, operation: str
    ) -> None:
        prefix = deploy()
        if operation == "describe_processing_job":
            listed(sagemaker, [f"{prefix}1"])
        sagemaker.add_client_error(operation, "ThrottlingException", "Rate exceeded", 400)
        status, body = call("GET")
        assert status == 503
        assert "Repeat the request" in body["message"]


def execution(status: str, hour: int, name: str = "") -> dict[str, Any]:
    moment = datetime(2026, 11, 24, hour, tzinfo=UTC)
    arn = f"arn:aws:sagemaker:eu-west-1:123456789012:processing-job/{name}"
    return {
        "MonitoringScheduleName": SCHEDULE,
        "ScheduledTime": moment,
        "CreationTime": moment,
        "LastModifiedTime": moment,
        "MonitoringExecutionStatus": status,
        **({"ProcessingJobArn": arn} if name else {}),
    }


class TestModelMonitor:
    def test_executions_of_the_schedule(self, call: Call, sagemaker: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("orchestrator.aws.parallel._AT_ONCE", 1)
        deploy("SageMaker")
        executions = [execution("Pending", 3), execution("CompletedWithViolations", 2, "model-monitoring-2")]
        asked = {"MonitoringScheduleName": SCHEDULE, "SortBy": "CreationTime", "SortOrder": "Descending"}
        answer = {"MonitoringExecutionSummaries": executions, "NextToken": "more"}
        sagemaker.add_response("list_monitoring_executions", answer, {**asked, "MaxResults": 2})
        output = {"OutputName": "result", "S3Output": {"S3Uri": f"{REPORTS}/2026/11/24/02", "S3UploadMode": "EndOfJob"}}
        window = {"start_time": "2026-11-24T01:00:00Z", "end_time": "2026-11-24T02:00:00Z"}
        where = {"Environment": window, "ProcessingOutputConfig": {"Outputs": [output]}}
        described(sagemaker, job("model-monitoring-2", exit_message=FOUND, **where))
        put("2026/11/24/02/constraint_violations.json", {"violations": [VIOLATION]})
        body = call("GET", limit="2").body
        waiting, found = body["runs"]
        assert body["next"] == "more"
        assert (waiting["id"], waiting["status"]) == (f"{SCHEDULE}-202611240300", "InProgress")
        assert (found["id"], found["violations"]) == ("model-monitoring-2", [VIOLATION])
        assert (found["start_time"], found["end_time"]) == ("2026-11-24T01:00:00+00:00", "2026-11-24T02:00:00+00:00")
        # Model Monitor writes no page.
        assert (found["output"], found["report"]) == (f"{REPORTS}/2026/11/24/02/", "")

    def test_a_job_that_nobody_may_look_at_leaves_the_execution(self, call: Call, sagemaker: Stubber) -> None:
        deploy("SageMaker")
        listed_once = {"MonitoringExecutionSummaries": [execution("Completed", 2, "model-monitoring-2")]}
        sagemaker.add_response("list_monitoring_executions", listed_once)
        sagemaker.add_client_error("describe_processing_job", "AccessDeniedException", "no", 400)
        (run,) = call("GET").body["runs"]
        assert (run["status"], "AccessDeniedException" in run["message"]) == ("Completed", True)


class TestNoRuns:
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_a_pipeline_that_is_no_monitor(self, call: Call, method: str) -> None:
        make_pipeline("churn")
        make_stack("mlops-pipeline-churn-byompipelinerealtimebuiltin")
        status, body = call(method, pipeline="churn")
        assert (status, body["message"]) == (404, "churn/realtime is no monitor: only monitors have runs.")

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_a_pipeline_that_is_not_there(self, call: Call, method: str) -> None:
        status, body = call(method, pipeline="nobody")
        assert (status, body["message"][:30]) == (404, "There is no pipeline nobody. G")

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_a_monitor_that_is_not_deployed_yet(self, call: Call, method: str) -> None:
        make_pipeline("berths", TYPE, POSTFIX)
        status, body = call(method)
        assert (status, "has no monitor in this account (yet)" in body["message"]) == (409, True)
        make_stack(DEPLOYED)
        assert call(method).status == 409
