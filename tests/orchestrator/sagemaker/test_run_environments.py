# SPDX-License-Identifier: Apache-2.0
"""What the environment of a run tells without its files: window and folder, as the engine itself works them out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from monitor_engine import contract, windows
from orchestrator.sagemaker import monitor_runs, run_environments, run_periods

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("rate(5 minutes)", timedelta(minutes=5)),
        ("rate(1 hour)", HOUR),
        ("rate(2 days)", timedelta(days=2)),
        ("cron(0 * ? * * *)", HOUR),
        ("cron(15 * * * ? *)", HOUR),
        ("cron(0 6 ? * * *)", timedelta(days=1)),
        ("cron(0 6/12 ? * * *)", timedelta(hours=12)),
        ("cron(0,30 * * * ? *)", timedelta(minutes=30)),
        ("cron(*/15 * * * ? *)", timedelta(minutes=15)),
        ("cron(0 0/5 ? * * *)", None),
        ("cron(0 9-17 * * ? *)", None),
        ("cron(0 9 ? * MON-FRI *)", None),
        ("cron(0 0/0 ? * * *)", None),
        ("at(2026-11-24T00:00:00)", None),
        ("", None),
    ],
)
def test_how_far_apart_runs_always_are(expression: str, expected: timedelta | None) -> None:
    assert run_periods.always(expression) == expected


TIMES = ("2026-11-24T00:00:00Z", "2026-11-24T09:00:00Z", "2026-11-24T09:30:00Z", "2026-11-24T17:00:20Z")
"""Of a Tuesday."""
EXPRESSIONS = (
    "rate(5 minutes)",
    "rate(3 hours)",
    "cron(0 * ? * * *)",
    "cron(0,30 * * * ? *)",
    "cron(0 9-17 * * ? *)",
    "cron(0,30 0,9,17 * * ? *)",
    "cron(0,30 9-17 ? * MON-FRI *)",
)
OFFSETS = ({}, {"start_time_offset": "-PT2H", "end_time_offset": "-PT1H"}, {"start_time_offset": "-P1DT30M"})


@pytest.mark.parametrize("offsets", OFFSETS, ids=["none", "both", "start"])
@pytest.mark.parametrize("scheduled", TIMES)
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_window_and_folder_are_the_engine_s(expression: str, scheduled: str, offsets: dict[str, str]) -> None:
    given = {"schedule_expression": expression, "scheduled_time": scheduled, "output_path": "s3://b/x", **offsets}
    window, facts = windows.of(given), run_environments.of(given)
    assert window is not None
    assert facts.end == window.end
    assert facts.output == f"s3://b/x/{windows.folder_of(given)}/"
    # The first run of a day after days without any is the engine's own secret.
    assert facts.start in {window.start, None}
    if "MON" not in expression:
        assert facts.start == window.start


def test_a_run_on_demand() -> None:
    scheduled = {"schedule_expression": "rate(5 minutes)", "scheduled_time": "x", "output_path": "s3://b/x", "a": "b"}
    times = [run_environments.time(text) for text in ("2026-11-24T03:00:30+01:00", "2026-11-24T02:59:59")]
    assert times[0] is not None
    assert times[1] is not None
    given = run_environments.on_demand({**scheduled, **OFFSETS[1]}, times[0], times[1], "0f1e")
    window, facts = windows.of(given), run_environments.of(given)
    assert window is not None
    assert (facts.start, facts.end) == (window.start, window.end) == tuple(times)
    assert facts.output == f"s3://b/x/{windows.folder_of(given)}/" == "s3://b/x/2026/11/24/02/0f1e/"
    assert "scheduled_time" not in given
    assert given["a"] == "b"


def test_training_data_of_a_window_is_a_job_of_the_schedule_s_own() -> None:
    scheduled = {
        "analysis_type": "MODEL_QUALITY",
        "dataset_format": '{"sagemakerCaptureJson": {}}',
        "dataset_source": "s3://b/captured",
        "ground_truth_source": "s3://b/labels",
        "problem_type": "Regression",
        "inference_attribute": "0",
        "baseline_constraints": "s3://b/constraints.json",
        "schedule_expression": "rate(1 hour)",
        "scheduled_time": "x",
        "output_path": "s3://b/reports",
        "publish_cloudwatch_metrics": "Enabled",
        "training_data_path": "s3://assets/retraining/quality",
        "baseline_data": "s3://assets/outcomes.csv",
        "target_column": "delay",
        "prediction_column": "guess",
        **OFFSETS[1],
    }
    start, end = (run_environments.time(f"2026-11-{day}T09:00:00Z") for day in ("01", "24"))
    assert start is not None
    assert end is not None
    given = run_environments.training_data(scheduled, start, end, "mlops-monitor-1", 0.25)
    job = contract.read(given, Path("/work"))
    assert job.analysis == contract.TRAINING_DATA
    assert job.window == windows.Window(start, end)
    assert str(job.remote.target) == "s3://assets/retraining/quality/mlops-monitor-1"
    assert (job.training.target, job.training.prediction, job.training.validation_share) == ("delay", "guess", 0.25)
    assert (job.constraints, job.monitor.publishes_metrics) == (None, False)
    del scheduled["training_data_path"]
    with pytest.raises(KeyError):
        run_environments.training_data(scheduled, start, end, "mlops-monitor-1", 0.25)


def test_the_job_of_a_run_s_training_data_has_a_name_of_its_own() -> None:
    stack = "arn:aws:cloudformation:us-east-1:123456789012:stack/quality/1a2b3c4d-0000-1111-2222-333344445555"
    names = {monitor_runs.data_job(stack, run) for run in ("mlops-monitor-1a2b3c4d-0", "mlops-monitor-1a2b3c4d-1")}
    assert len(names) == 2
    assert all(name.startswith("mlops-retrain-1a2b3c4d-") and monitor_runs.is_data_job(name) for name in names)
    assert not any(map(monitor_runs.is_run, names))
    assert not monitor_runs.is_data_job("mlops-retrain-1a2b3c4d-by-hand")


@pytest.mark.parametrize(
    "given", [{}, {"scheduled_time": "x"}, {"output_path": "/opt/ml"}, {"start_time": "9"}], ids=str
)
def test_what_tells_nothing(given: dict[str, str]) -> None:
    facts = run_environments.of({"output_path": "s3://b/x", **given})
    assert (facts.start, facts.end, facts.output) == (None, None, "")
