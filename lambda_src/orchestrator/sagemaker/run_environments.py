# SPDX-License-Identifier: Apache-2.0
"""Environment of a monitor's run: which endpoint and window it is about, and where its files are. Pure.

The names are those of Model Monitor's container, with a few of the open engine's.
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-contract-inputs.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

START: Final = "start_time"
END: Final = "end_time"
SCHEDULED: Final = "scheduled_time"
RUN_ID: Final = "run_id"
_OUTPUT: Final = "output_path"
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_DURATION: Final = re.compile(r"(?P<sign>-?)P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?)?")
_RATE: Final = re.compile(r"rate\((?P<count>[1-9][0-9]{0,6}) (?P<unit>minute|hour|day)s?\)")
_FIELD: Final = r"(?:\*|[0-9]{1,2})(?:/[0-9]{1,2})?"
_EVERY_DAY: Final = re.compile(rf"cron\((?P<minutes>{_FIELD}) (?P<hours>{_FIELD}) (?:\? \* \*|\* \* \?) \*\)")
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True)
class RunFacts:
    """What an environment tells of a run; empty, or `None`, where it tells nothing."""

    endpoint: str
    schedule: str
    start: datetime | None
    end: datetime | None
    output: str
    """Folder of its files, `s3://.../`."""


def of(environment: Mapping[str, str]) -> RunFacts:
    """Read an environment."""
    every = period(environment.get("schedule_expression", ""))
    start, end = _window(environment, every)
    return RunFacts(
        endpoint=environment.get("sagemaker_endpoint_name", ""),
        schedule=environment.get("sagemaker_monitoring_schedule_name", ""),
        start=start,
        end=end,
        output=_output(environment, end, every),
    )


def on_demand(environment: Mapping[str, str], start: datetime, end: datetime, run_id: str) -> dict[str, str]:
    """Return the environment of a scheduled run with a window of its own in the place of the schedule's."""
    others = {
        name: value
        for name, value in environment.items()
        if name not in (SCHEDULED, "start_time_offset", "end_time_offset")
    }
    return {**others, START: start.strftime(_TIME), END: end.strftime(_TIME), RUN_ID: run_id}


def time(text: object) -> datetime | None:
    """Return a time of ISO 8601 in UTC, which one without a zone is in; `None` for anything else."""
    try:
        found = datetime.fromisoformat(str(text or ""))
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def period(expression: str) -> timedelta | None:
    """Return the time between two runs of a schedule expression; `None` if it is not the same at all hours and days."""
    if rate := _RATE.fullmatch(expression):
        return timedelta(**{f"{rate['unit']}s": int(rate["count"])})
    cron = _EVERY_DAY.fullmatch(expression)
    if cron is None:
        return None
    minutes, hours = _step(cron["minutes"], 60), _step(cron["hours"], 24)
    if minutes < 60:
        return timedelta(minutes=minutes) if minutes and hours == 1 else None
    return timedelta(hours=hours) if hours else None


def _step(field: str, whole: int) -> int:
    """Return how far apart the values of a field are; 0 if they are not evenly apart."""
    first, _, step = field.partition("/")
    if not step:
        return 1 if field == "*" else whole
    return int(step) if int(step) and whole % int(step) == 0 and (first == "*" or int(first) < int(step)) else 0


def _window(environment: Mapping[str, str], every: timedelta | None) -> tuple[datetime | None, datetime | None]:
    scheduled = time(environment.get(SCHEDULED))
    if scheduled is None:
        return time(environment.get(START)), time(environment.get(END))
    first, last = (_offset(environment.get(f"{name}_offset", "")) for name in (START, END))
    end = scheduled + (last or timedelta())
    if first is not None:
        return scheduled + first, end
    return (scheduled - every if every else None), end


def _offset(text: str) -> timedelta | None:
    found = _DURATION.fullmatch(text)
    if found is None or text.endswith(("P", "T")):
        return None
    days, hours, minutes = (int(found[name] or 0) for name in ("days", "hours", "minutes"))
    whole = timedelta(days=days, hours=hours, minutes=minutes)
    return -whole if found["sign"] else whole


def _output(environment: Mapping[str, str], end: datetime | None, every: timedelta | None) -> str:
    """The folder is that of the window's end: two attempts of one run write to the same."""
    place = environment.get(_OUTPUT, "").rstrip("/")
    if not place.startswith("s3://") or end is None:
        return ""
    folder = f"{place}/{end:%Y/%m/%d/%H}/"
    if run_id := environment.get(RUN_ID):
        return f"{folder}{run_id}/"
    return f"{folder}{end:%M}/" if every is not None and every < _HOUR else folder
