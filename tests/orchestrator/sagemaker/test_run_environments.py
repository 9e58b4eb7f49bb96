# SPDX-License-Identifier: Apache-2.0
"""What the environment of a run tells without its files: window and folder, as the engine itself works them out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor_engine import windows
from orchestrator.sagemaker import run_environments, run_periods

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


@pytest.mark.parametrize(
    "given", [{}, {"scheduled_time": "x"}, {"output_path": "/opt/ml"}, {"start_time": "9"}], ids=str
)
def test_what_tells_nothing(given: dict[str, str]) -> None:
    facts = run_environments.of({"output_path": "s3://b/x", **given})
    assert (facts.start, facts.end, facts.output) == (None, None, "")
