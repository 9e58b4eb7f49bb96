# SPDX-License-Identifier: Apache-2.0
"""Windows of scheduled runs: when a schedule fired last, by AWS's documented examples."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor_engine import schedules, windows
from monitor_engine.problems import EngineError


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# Expression, moment, the time before. 2026-11-24 is a Tuesday.
_FIRED = [
    # https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
    ("rate(5 minutes)", "2026-11-24T16:02:07", "2026-11-24T15:57:07"),
    ("rate(1 hour)", "2026-11-24T16:02:07", "2026-11-24T15:02:07"),
    ("rate(7 days)", "2026-11-24T16:02:07", "2026-11-17T16:02:07"),
    ("cron(15 10 ? * 6L 2022-2023)", "2023-03-31T10:15", "2023-02-24T10:15"),
    ("cron(15 10 ? * 6L 2022-2023)", "2024-06-01T00:00", "2023-12-29T10:15"),
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cron-expressions.html
    ("cron(0 10 * * ? *)", "2026-11-24T10:00", "2026-11-23T10:00"),
    ("cron(15 12 * * ? *)", "2026-03-01T12:15", "2026-02-28T12:15"),
    ("cron(0 18 ? * MON-FRI *)", "2026-11-23T18:00", "2026-11-20T18:00"),
    ("cron(0 8 1 * ? *)", "2026-03-01T08:00", "2026-02-01T08:00"),
    ("cron(0/15 * * * ? *)", "2026-11-24T00:00", "2026-11-23T23:45"),
    ("cron(0/10 * ? * MON-FRI *)", "2026-11-23T00:00", "2026-11-20T23:50"),
    ("cron(0/5 8-17 ? * MON-FRI *)", "2026-11-24T08:00", "2026-11-23T17:55"),
    ("cron(0/30 20-2 ? * MON-FRI *)", "2026-11-23T00:00", "2026-11-20T23:30"),
    ("cron(0/30 20-2 ? * MON-FRI *)", "2026-11-23T20:00", "2026-11-23T02:30"),
    ("cron(1/10 * * * ? *)", "2026-11-24T16:01", "2026-11-24T15:51"),
    ("cron(0 9 3W * ? *)", "2026-11-24T00:00", "2026-11-03T09:00"),
    ("cron(0 9 3W * ? *)", "2026-06-01T00:00", "2026-05-04T09:00"),
    ("cron(0 9 3W * ? *)", "2026-10-20T00:00", "2026-10-02T09:00"),
    ("cron(0 9 1W * ? *)", "2026-08-20T00:00", "2026-08-03T09:00"),
    ("cron(0 9 31W * ? *)", "2026-06-20T00:00", "2026-05-29T09:00"),
    ("cron(0 9 L * ? *)", "2024-03-05T00:00", "2024-02-29T09:00"),
    ("cron(0 9 LW * ? *)", "2026-02-05T00:00", "2026-01-30T09:00"),
    ("cron(0 9 L-3 * ? *)", "2026-03-05T00:00", "2026-02-25T09:00"),
    ("cron(0 9 ? * 3#2 *)", "2026-11-24T00:00", "2026-11-10T09:00"),
    ("cron(0 9 ? * TUE#5 *)", "2026-11-24T00:00", "2026-09-29T09:00"),
    ("cron(0 9 ? * L *)", "2026-11-24T00:00", "2026-11-21T09:00"),
    ("cron(0 9 ? * FRI-MON *)", "2026-11-25T00:00", "2026-11-23T09:00"),
    ("cron(0 9 ? * SUN,WED *)", "2026-11-24T00:00", "2026-11-22T09:00"),
    ("cron(0 0 1 JAN,FEB,MAR ? *)", "2026-11-24T00:00", "2026-03-01T00:00"),
    ("cron(0 0 15,L 2-11/3 ? *)", "2026-11-24T00:00", "2026-11-15T00:00"),
    ("cron(30 1 29 2 ? *)", "2024-11-01T00:00", "2024-02-29T01:30"),
    # Model Monitor's own: hourly, daily, every so many hours, which begin anew each day.
    # https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-schedule-expression.html
    ("cron(0 * ? * * *)", "2026-11-24T16:00", "2026-11-24T15:00"),
    ("cron(0 12 ? * * *)", "2026-11-24T12:00", "2026-11-23T12:00"),
    ("cron(0 0 ? * * *)", "2026-11-24T00:00", "2026-11-23T00:00"),
    ("cron(0 0/2 ? * * *)", "2026-11-24T00:00", "2026-11-23T22:00"),
    ("cron(0 17/12 ? * * *)", "2026-11-24T17:00", "2026-11-23T17:00"),
    ("cron(0 05/6 ? * * *)", "2026-11-24T05:00", "2026-11-23T23:00"),
    ("cron(0 23/24 ? * * *)", "2026-11-24T23:00", "2026-11-23T23:00"),
    ("CRON(0 8 ? * mon-fri *)".lower(), "2026-11-24T08:00", "2026-11-23T08:00"),
]


@pytest.mark.parametrize(("expression", "moment", "before"), _FIRED, ids=[f"{one[0]} {one[1][2:]}" for one in _FIRED])
def test_a_schedule_fired_before(expression: str, moment: str, before: str) -> None:
    assert schedules.previous(expression, _time(moment)) == _time(before)


@pytest.mark.parametrize("start", range(24))
@pytest.mark.parametrize("step", [1, 5, 6, 12, 24])
def test_each_form_of_model_monitor_fires_when_it_says(start: int, step: int) -> None:
    expression, fired = f"cron(0 {start:02}/{step:02} ? * * *)", []
    moment = _time("2026-11-25T00:00")
    while (moment := schedules.previous(expression, moment)) >= _time("2026-11-24T00:00"):
        fired.append(moment.hour)
    assert fired[::-1] == list(range(start, 24, step))


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("rate(0 hours)", "give a rate from 1 minute to 366 days"),
        ("rate(400 days)", "give a rate from 1 minute to 366 days"),
        ("rate(soon)", "give rate(1 hour) or cron(0 * ? * * *)"),
        ("at(2026-11-24T16:00:00)", "give rate(1 hour) or cron(0 * ? * * *)"),
        ("NOW", "give rate(1 hour) or cron(0 * ? * * *)"),
        ("cron(0 * ? * *)", "it has 5 fields"),
        ("cron(60 * ? * * *)", "minutes has '60', and may be from 0 to 59"),
        ("cron(0 24 ? * * *)", "hours has '24', and may be from 0 to 23"),
        ("cron(0 0 0 * ? *)", "day of month has '0'"),
        ("cron(0 0 0W * ? *)", "day of month has '0'"),
        ("cron(0 0 ? 13 * *)", "month has '13'"),
        ("cron(0 0 ? ? * *)", "month has '?'"),
        ("cron(0 0 ? * 8 *)", "day of week has '8'"),
        ("cron(0 0 ? * 3#6 *)", "place in the month has '6'"),
        ("cron(0 0 ? * 3#1,6#3 *)", "place in the month has '1,6#3'"),
        ("cron(0 0 ? * * 1969)", "year has '1969'"),
        ("cron(0/0 0 ? * * *)", "minutes has the step '0'"),
        ("cron(0 0 1 * MON *)", "write ? for one of them"),
        ("cron(0 0 ? * * 2020)", "has no time in the year before 2026-11-24T16:00:00Z"),
        ("cron(0 0 30 2 ? *)", "has no time in the year before"),
    ],
)  # fmt: skip
def test_an_expression_without_a_time_is_a_sentence(expression: str, words: str) -> None:
    with pytest.raises(EngineError) as refused:
        schedules.previous(expression, _time("2026-11-24T16:00"))
    assert words in str(refused.value)
    assert repr(expression) in str(refused.value)


_SCHEDULED = {"scheduled_time": "2026-11-24T16:00:00Z", "schedule_expression": "cron(0 0/4 ? * * *)"}


@pytest.mark.parametrize(
    ("more", "window"),
    [
        ({}, ("2026-11-24T12:00:00Z", "2026-11-24T16:00:00Z")),
        ({"scheduled_time": "2026-11-24T16:00:41Z"}, ("2026-11-24T12:00:00Z", "2026-11-24T16:00:00Z")),
        ({"scheduled_time": "2026-11-24T17:00:00+01:00"}, ("2026-11-24T12:00:00Z", "2026-11-24T16:00:00Z")),
        ({"schedule_expression": "rate(1 day)"}, ("2026-11-23T16:00:00Z", "2026-11-24T16:00:00Z")),
        ({"schedule_expression": ""}, ("2026-11-24T15:00:00Z", "2026-11-24T16:00:00Z")),
        ({"start_time_offset": "-P1D"}, ("2026-11-23T16:00:00Z", "2026-11-24T16:00:00Z")),
        ({"end_time_offset": "-PT1H"}, ("2026-11-24T12:00:00Z", "2026-11-24T15:00:00Z")),
        ({"start_time": "2026-11-01T00:00:00Z", "end_time": "2026-11-02T00:00:00Z"},
         ("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z")),
    ],
    ids=["cron", "seconds", "zone", "rate", "no-schedule", "start-offset", "end-offset", "on-demand"],
)  # fmt: skip
def test_a_window_is_a_period_of_the_schedule(more: dict[str, str], window: tuple[str, str]) -> None:
    found = windows.of(_SCHEDULED | more)
    assert found is not None
    assert found.texts == window


def test_windows_of_a_schedule_meet_without_gap_or_overlap() -> None:
    expression, moment = "cron(5,50 8-18/3 ? * MON-FRI *)", _time("2026-11-24T17:05")
    for _ in range(40):
        found = windows.of({"schedule_expression": expression, "scheduled_time": f"{moment:%Y-%m-%dT%H:%M:%SZ}"})
        assert found is not None
        assert found.end == moment
        moment = found.start
    assert moment.weekday() < 5


@pytest.mark.parametrize("run", ["../../other", "a" * 64, "a b", "a/b"])
def test_a_run_s_folder_is_its_own(run: str) -> None:
    with pytest.raises(EngineError, match="run_id is"):
        windows.folder_of({"start_time": "2026-11-01T00:00:00Z", "end_time": "2026-11-02T00:00:00Z", "run_id": run})


def test_an_irregular_schedule_gives_each_window_a_folder_of_its_own() -> None:
    folders, moment = [], _time("2026-11-24T12:00")
    expression = "cron(0,10,50 8-11 ? * * *)"
    for _ in range(24):
        given = {"schedule_expression": expression, "scheduled_time": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}
        folders.append(windows.folder_of(given))
        moment = schedules.previous(expression, moment)
    assert len(set(folders)) == len(folders)
