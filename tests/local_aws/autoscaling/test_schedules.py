# SPDX-License-Identifier: Apache-2.0
"""Schedules of Application Auto Scaling: the minute in which they fire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scripts.local_aws.autoscaling import evaluation


@pytest.mark.parametrize(
    ("expression", "zone", "moment", "fires"),
    [
        pytest.param("cron(0 7 ? * MON-FRI *)", "UTC", "2026-11-30T07:00", True, id="on a Monday"),
        pytest.param("cron(0 7 ? * MON-FRI *)", "UTC", "2026-11-29T07:00", False, id="on a Sunday"),
        pytest.param("cron(0 7 ? * MON-FRI *)", "UTC", "2026-11-30T07:01", False, id="a minute later"),
        pytest.param("cron(0 7 ? * MON-FRI *)", "Europe/Berlin", "2026-11-30T06:00", True, id="in Berlin's winter"),
        pytest.param("cron(0 7 ? * MON-FRI *)", "Europe/Berlin", "2026-07-06T05:00", True, id="in Berlin's summer"),
        pytest.param("cron(0 3 ? * * *)", "Europe/Berlin", "2026-03-29T01:00", True, id="as summer begins"),
        pytest.param("cron(0 22 ? * * *)", "America/New_York", "2026-03-08T03:00", True, id="hours before summer"),
        pytest.param("at(2026-12-01T12:30:00)", "UTC", "2026-12-01T12:30", True, id="once"),
        pytest.param("at(2026-12-01T12:30:00)", "UTC", "2026-12-02T12:30", False, id="once and never again"),
        pytest.param("rate(12 hours)", "UTC", "2026-12-02T12:00", True, id="every twelve hours"),
        pytest.param("rate(12 hours)", "UTC", "2026-12-02T13:00", False, id="between them"),
        pytest.param("cron(0 7 1 1 ? 1999)", "UTC", "2026-12-02T13:00", False, id="long ago"),
    ],
)
def test_a_schedule_fires_in_its_minute(expression: str, zone: str, moment: str, fires: bool) -> None:
    end = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert evaluation.is_due(expression, zone, end) == fires
    assert not (fires and evaluation.is_due(expression, zone, end - timedelta(minutes=1)))
