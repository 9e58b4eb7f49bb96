# SPDX-License-Identifier: Apache-2.0
"""The environment of a job: read once, every problem in one answer; and its window."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor_engine import contract, windows
from monitor_engine.problems import EngineError
from monitor_engine.windows import Window

_CAPTURES = '{"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput"]}}'
_GOOD = {
    "dataset_format": _CAPTURES,
    "dataset_source": "/opt/ml/processing/input",
    "output_path": "/opt/ml/processing/output",
    "start_time": "2026-11-24T15:00:00Z",
    "end_time": "2026-11-24T16:00:00Z",
}


def test_an_environment_becomes_a_job() -> None:
    job = contract.read({**_GOOD, "exclude_features_attribute": "size, 3", "publish_cloudwatch_metrics": "Enabled"})
    assert job.analysis == contract.DATA_QUALITY
    assert job.format.parts == ("endpointInput",)
    assert job.ignored == ("size", "3")
    assert job.monitor.publishes_metrics
    assert str(job.message) == "/opt/ml/output/message"


def test_every_problem_is_named_at_once() -> None:
    wrong = {
        "dataset_format": "{}",
        "analysis_type": "ASTROLOGY",
        "start_time": "yesterday",
        "end_time": "2026-11-24T16:00:00Z",
        "unreadable_share": "a few",
        "record_preprocessor_script": "/opt/ml/processing/code/preprocess.py",
    }
    with pytest.raises(EngineError) as refused:
        contract.read(wrong)
    for words in ("dataset_format is", "dataset_source is missing", "output_path is missing", "ASTROLOGY",
                  "start_time is 'yesterday'", "unreadable_share", "record_preprocessor_script"):  # fmt: skip
        assert words in str(refused.value)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"end_time": ""}, "both start_time and end_time"),
        ({"end_time": "2026-11-24T14:00:00Z"}, "before it has begun"),
        ({"start_time": "", "end_time": ""}, "captures need a window"),
        ({"dataset_format": "no"}, "no JSON"),
        ({"dataset_format": '{"sagemakerCaptureJson": {"captureIndexNames": ["x"]}}'}, "captureIndexNames"),
        ({"categorical_drift_method": "Guess"}, "LInfinity, ChiSquared"),
    ],
    ids=["half-a-window", "backwards", "no-window", "no-json", "no-part", "method"],
)
def test_a_problem_is_named(changed: dict[str, str], words: str) -> None:
    with pytest.raises(EngineError, match=words):
        contract.read({**_GOOD, **changed})


def test_a_window_follows_from_the_scheduled_time_and_offsets() -> None:
    found = windows.of(
        {"scheduled_time": "2026-11-24T16:00:00Z", "start_time_offset": "-PT2H", "end_time_offset": "-PT30M"}
    )
    assert found is not None
    assert found.texts == ("2026-11-24T14:00:00Z", "2026-11-24T15:30:00Z")


def test_an_offset_without_a_duration_is_refused() -> None:
    with pytest.raises(EngineError, match="-PT2H or -P1D"):
        windows.of({"scheduled_time": "2026-11-24T16:00:00Z", "start_time_offset": "two hours"})


def test_a_window_is_exact_to_the_second_and_reads_no_other_hours() -> None:
    window = Window(datetime(2026, 11, 24, 15, 30, tzinfo=UTC), datetime(2026, 11, 24, 16, 30, tzinfo=UTC))
    assert [window.holds(f"2026-11-24T{time}Z") for time in ("15:29:59", "15:30:00", "16:29:59", "16:30:00")] == [
        False, True, True, False,
    ]  # fmt: skip
    assert window.holds("2026-11-24T17:00:00+01:00")
    assert window.hours == ("2026/11/24/15", "2026/11/24/18")
    assert [window.may_hold(f"AllTraffic/2026/11/24/{hour}/a.jsonl") for hour in (14, 15, 17, 18)] == [
        False, True, True, False,
    ]  # fmt: skip
    assert window.may_hold("loose.jsonl")
