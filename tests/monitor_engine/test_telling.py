# SPDX-License-Identifier: Apache-2.0
"""What a job tells: its message, its metrics, its report, its process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from monitor_engine import aws, message, metrics
from monitor_engine.metrics import Metric
from monitor_engine.results import Result, Violation
from tests.monitor_engine import jobs

_LINES = [(f"{number % 5},<b>&", f"{number % 3}") for number in range(60)]
_BASELINE = jobs.csv_of(["score", "<i>size</i>", "berth"], [(*answer, *sent.split(",")) for sent, answer in _LINES])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    jobs.baseline(tmp_path, _BASELINE)
    jobs.captures(tmp_path, [(f"{number % 5 + 50},new", f"{number % 3}") for number in range(60)])
    return tmp_path


def test_a_message_fits_and_says_how_much_is_left_out() -> None:
    violations = [Violation(f"feature {number}", "baseline_drift_check", "x" * 90) for number in range(40)]
    text = message.of(Result({}, violations))
    assert text.startswith("CompletedWithViolations: Job completed successfully with 40 violations. feature 0: ")
    assert len(text) <= message.LONGEST
    assert re.search(r" \d+ more in the report\.$", text)
    assert len(message.of_failure("y" * 5_000)) == message.LONGEST


def test_a_message_is_cut_at_a_whole_finding_and_keeps_what_was_left_out() -> None:
    violations = [Violation(f"feature {number}", "drift", "", brief="0.42 > 0.1") for number in range(90)]
    result = Result({}, violations, remarks=["3 of 200 records could not be read"])
    text = message.of(result, ["CloudWatch did not take the metrics"])
    assert len(text) <= message.LONGEST
    first, _, rest = text.partition(" violations. ")
    assert first == "CompletedWithViolations: Job completed successfully with 90"
    told, left = rest.split(" more in the report. ")
    assert told.startswith("CloudWatch did not take the metrics. feature 0: drift 0.42 > 0.1. feature 1: ")
    shown = told.count("0.42 > 0.1. ")
    assert shown + int(told.rpartition(" ")[2]) == 90
    assert left == "3 of 200 records could not be read."


def test_a_run_with_nothing_to_compare_tells_of_refused_metrics_too() -> None:
    result = Result({}, remarks=["nothing was captured in the window", "a record of another time"], is_idle=True)
    assert message.of(result, ["no metrics"]) == (
        "Completed: nothing was captured in the window. no metrics. a record of another time."
    )


def test_metrics_are_calls_of_put_metric_data(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Mapping[str, Any]] = []
    monkeypatch.setattr(aws, "send_metrics", sent.extend)
    names = {"sagemaker_endpoint_name": "live", "sagemaker_monitoring_schedule_name": "hourly"}
    jobs.monitored(folder, publish_cloudwatch_metrics="Enabled", **names)
    (call,) = sent
    assert call["Namespace"] == metrics.NAMESPACE
    data = {datum["MetricName"]: datum for datum in call["MetricData"]}
    assert data["violations"]["Value"] == 3
    assert data["violations"]["Dimensions"] == [
        {"Name": "Endpoint", "Value": "live"}, {"Name": "MonitoringSchedule", "Value": "hourly"},
    ]  # fmt: skip
    assert data["feature_data_score"]["StatisticValues"] == {
        "SampleCount": 60, "Sum": 60.0, "Minimum": 0.0, "Maximum": 2.0,
    }  # fmt: skip
    assert data["feature_non_null_berth"]["Value"] == 60
    assert data["feature_baseline_drift_score"]["Value"] == 0.0


def test_many_metrics_are_several_calls_and_no_call_has_what_is_refused() -> None:
    given = [Metric(f"größe {number}", float(number)) for number in range(1_200)]
    calls = list(metrics.payloads([*given, Metric("a", float("nan")), Metric("b", 1e300)], "", ""))
    assert [len(call["MetricData"]) for call in calls] == [500, 500, 200]
    assert calls[0]["MetricData"][0] == {"MetricName": "gr??e 0", "Dimensions": [], "Value": 0.0}


def test_metrics_that_are_refused_are_told_and_do_not_undo_the_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing:
        def put_metric_data(self, **_: object) -> None:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "PutMetricData")

    monkeypatch.setattr(aws, "client", lambda _: Refusing())
    ended = jobs.monitored(folder, publish_cloudwatch_metrics="Enabled")
    assert ended.status == 0
    assert "violations. CloudWatch did not take the metrics: " in ended.message
    assert "AccessDenied" in ended.message
    assert ended.message == ended.document("run.json")["message"]
    assert ended.violations


def test_the_engine_is_a_process_that_the_environment_describes(folder: Path) -> None:
    """As in a processing job: paths and settings in the environment, the outcome in a file."""
    environment = {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path.endswith("lambda_src")),
        "dataset_format": '{"csv": {"header": "true"}}',
        "dataset_source": str(folder / "data"),
        "output_path": str(folder / "output"),
        "message_path": str(folder / "ml" / "output" / "message"),
    }
    ended = subprocess.run([sys.executable, "-m", "monitor_engine"], env=environment, check=False, capture_output=True)
    assert (ended.returncode, (folder / "ml/output/message").read_text()) == (
        0, "Completed: Job completed successfully with no violations. "
           "with one value in all rows, so that any other is drift: berth.",
    )  # fmt: skip
    assert b"numpy" in ended.stderr
    environment["dataset_format"] = "[]"
    ended = subprocess.run([sys.executable, "-m", "monitor_engine"], env=environment, check=False, capture_output=True)
    assert ended.returncode == 1
    assert "dataset_format is '[]'" in (folder / "ml/output/message").read_text()
    assert b"Traceback" not in ended.stderr


def test_what_was_not_foreseen_is_a_sentence_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("monitor_engine.data_quality.checks.drifts", broken)
    ended = jobs.monitored(folder)
    assert (ended.status, ended.message) == (
        1, "the engine has failed, the log says where: ZeroDivisionError: division by zero",
    )  # fmt: skip
