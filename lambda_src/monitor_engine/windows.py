# SPDX-License-Identifier: Apache-2.0
"""The window of a run: which inference times belong to it, and in which hourly folders their captures lie."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from monitor_engine.problems import EngineError

# A capture is written within minutes of its inference, which may be in the next hour.
_LATE: Final = timedelta(hours=1)
_FOLDER: Final = re.compile(r"(\d{4})/(\d{2})/(\d{2})/(\d{2})(?:/|$)")
_DURATION: Final = re.compile(r"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_FORM: Final = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Window:
    """From `start`, included, to `end`, not included; both in UTC."""

    start: datetime
    end: datetime

    def holds(self, time: str) -> bool:
        """Whether an inference time lies in the window. Raise EngineError for a text that is no time."""
        return self.start <= _inference_time(time) < self.end

    def may_hold(self, path: str) -> bool:
        """Whether a file may have records of the window, by its hourly folder; True without such a folder."""
        hour = _hour(path)
        return hour is None or self.start - timedelta(hours=1) < hour < self.end + _LATE

    def may_be_told_in(self, path: str) -> bool:
        """Whether a file may have ground truth of the window, which may come at any time after it."""
        hour = _hour(path)
        return hour is None or self.start - timedelta(hours=1) < hour

    def folders(self) -> Iterator[str]:
        """Yield the hourly folders, as `2026/11/24/15`, in which captures of the window may lie."""
        hour = self.start.replace(minute=0, second=0, microsecond=0)
        while hour < self.end + _LATE:
            yield hour.strftime("%Y/%m/%d/%H")
            hour += timedelta(hours=1)

    @property
    def texts(self) -> tuple[str, str]:
        """Start and end as SageMaker writes times."""
        return self.start.strftime(_FORM), self.end.strftime(_FORM)


def _hour(path: str) -> datetime | None:
    found = _FOLDER.search(path)
    if found is None:
        return None
    try:
        year, month, day, hour = (int(part) for part in found.groups())
        return datetime(year, month, day, hour, tzinfo=UTC)
    except ValueError:
        return None


def parsed(text: str, name: str) -> datetime:
    """Return an ISO 8601 time in UTC; one without a zone is UTC. Raise EngineError."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise EngineError(f"{name} is {text!r}: give a time as 2026-11-24T15:00:00Z") from error
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


@functools.lru_cache(maxsize=10_000)
def _inference_time(text: str) -> datetime:
    # Many records are of the same second.
    return parsed(text, "inferenceTime")


def duration(text: str, name: str) -> timedelta:
    """Return a duration of ISO 8601 in days, hours, minutes and seconds, as `-PT2H`. Raise EngineError."""
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()[1:]):
        raise EngineError(f"{name} is {text!r}: give a duration as -PT2H or -P1D")
    sign, *parts = found.groups()
    days, hours, minutes, seconds = (int(part or 0) for part in parts)
    whole = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -whole if sign else whole


def of(environment: Mapping[str, str]) -> Window | None:
    """Return the window that an environment names: its two times, or offsets from the scheduled time; or None.

    Raises EngineError.
    """
    start, end = environment.get("start_time"), environment.get("end_time")
    scheduled = environment.get("scheduled_time")
    if scheduled and not (start or end):
        moment = parsed(scheduled, "scheduled_time")
        first = duration(environment.get("start_time_offset", "-PT1H"), "start_time_offset")
        last = duration(environment.get("end_time_offset", "PT0S"), "end_time_offset")
        return _checked(moment + first, moment + last)
    if not start and not end:
        return None
    if not start or not end:
        raise EngineError("a window needs both start_time and end_time")
    return _checked(parsed(start, "start_time"), parsed(end, "end_time"))


def _checked(start: datetime, end: datetime) -> Window:
    if start >= end:
        raise EngineError(f"the window ends at {end.strftime(_FORM)}, before it has begun at {start.strftime(_FORM)}")
    return Window(start, end)
