# SPDX-License-Identifier: Apache-2.0
"""The window of a run: which inference times belong to it, and in which hourly folders their captures lie."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from monitor_engine import schedules
from monitor_engine.problems import EngineError

# A capture is written within minutes of its inference, which may be in the next hour.
_LATE: Final = timedelta(hours=1)
_FOLDER: Final = re.compile(r"(\d{4})/(\d{2})/(\d{2})/(\d{2})(?:/|$)")
_HOURLY: Final = "%Y/%m/%d/%H"
_DURATION: Final = re.compile(r"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_RUN: Final = re.compile(r"[A-Za-z0-9-]{1,63}")
_FORM: Final = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Window:
    """From `start`, included, to `end`, not included; both in UTC."""

    start: datetime
    end: datetime

    def holds(self, time: str) -> bool:
        """Whether an inference time lies in the window. Raise EngineError for a text that is no time."""
        return self.start <= _inference_time(time) < self.end

    def is_near(self, time: str) -> bool:
        """Whether a record of this time may lie in the folders that are read for the window. Raise EngineError."""
        return self.start - _LATE * 2 <= _inference_time(time) < self.end + _LATE * 2

    def may_hold(self, path: str) -> bool:
        """Whether a file may have records of the window, by its hourly folder; True without such a folder."""
        hour = _hour(path)
        return hour is None or self.start - timedelta(hours=1) < hour < self.end + _LATE

    def may_be_told_in(self, path: str) -> bool:
        """Whether a file may have ground truth of the window, which may come at any time after it."""
        hour = _hour(path)
        return hour is None or self.start - timedelta(hours=1) < hour

    @property
    def hours(self) -> tuple[str, str]:
        """The first hourly folder, as `2026/11/24/15`, in which captures of the window may lie, and the first after."""
        after = self.end + _LATE + timedelta(hours=1) - timedelta(microseconds=1)
        return self.start.strftime(_HOURLY), after.strftime(_HOURLY)

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
    """Return the window that an environment names: its two times, or that of a scheduled time; or None.

    It ends at the scheduled time and begins one period of the schedule before; offsets from the scheduled time
    replace either. Raises EngineError.
    """
    start, end = environment.get("start_time"), environment.get("end_time")
    if not start and not end:
        moment = _scheduled(environment)
        return None if moment is None else _of_schedule(environment, moment)
    if not start or not end:
        raise EngineError("a window needs both start_time and end_time")
    return _checked(parsed(start, "start_time"), parsed(end, "end_time"))


def folder_of(environment: Mapping[str, str]) -> str:
    """Return the folder of a run below its output path, by the end of its window; empty for another job.

    It follows from the window alone, so that a second attempt overwrites the first: `yyyy/mm/dd/hh`, then the minute
    where the schedule's period is below an hour, or the run's id. Raises EngineError.
    """
    moment, run, window = _scheduled(environment), environment.get("run_id", "").strip(), of(environment)
    if window is None or not (moment or run):
        return ""
    hour = window.end.strftime(_HOURLY)
    if run:
        return f"{hour}/{_named(run)}"
    is_short = moment is not None and _period(environment, moment) < timedelta(hours=1)
    return f"{hour}/{window.end.strftime('%M')}" if is_short else hour


def folders_before(environment: Mapping[str, str], most: int) -> Iterator[str]:
    """Yield the folders of the schedule's runs before, the newest first; none without a schedule. Raise EngineError."""
    expression, window = environment.get("schedule_expression", "").strip(), of(environment)
    if not expression or window is None:
        return
    moment = _scheduled(environment) or window.end
    of_schedule = {name: text for name, text in environment.items() if name not in {"start_time", "end_time", "run_id"}}
    for _ in range(most):
        moment = schedules.previous(expression, moment)
        yield folder_of({**of_schedule, "scheduled_time": moment.isoformat()})


def _named(run: str) -> str:
    if not _RUN.fullmatch(run):
        raise EngineError(f"run_id is {run[:80]!r}: give letters, digits and hyphens, 63 at most")
    return run


def _scheduled(environment: Mapping[str, str]) -> datetime | None:
    text = environment.get("scheduled_time")
    if not text or environment.get("start_time") or environment.get("end_time"):
        return None
    moment = parsed(text, "scheduled_time")
    # A cron expression knows no seconds.
    is_cron = environment.get("schedule_expression", "").startswith("cron")
    return moment.replace(second=0, microsecond=0) if is_cron else moment


def _period(environment: Mapping[str, str], moment: datetime) -> timedelta:
    expression = environment.get("schedule_expression", "").strip()
    return moment - schedules.previous(expression, moment) if expression else timedelta(hours=1)


def _of_schedule(environment: Mapping[str, str], moment: datetime) -> Window:
    first, last = environment.get("start_time_offset", ""), environment.get("end_time_offset", "")
    start = duration(first, "start_time_offset") if first else -_period(environment, moment)
    return _checked(moment + start, moment + duration(last or "PT0S", "end_time_offset"))


def _checked(start: datetime, end: datetime) -> Window:
    if start >= end:
        raise EngineError(f"the window ends at {end.strftime(_FORM)}, before it has begun at {start.strftime(_FORM)}")
    return Window(start, end)
