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

from orchestrator.sagemaker import run_periods

START: Final = "start_time"
END: Final = "end_time"
SCHEDULED: Final = "scheduled_time"
RUN_ID: Final = "run_id"
PLACE: Final = "training_data_path"
"""Folder of training data, `s3://.../`; only monitors that were deployed to retrain with merged data have it."""
_OUTPUT: Final = "output_path"
_OF_SCHEDULES: Final = frozenset({SCHEDULED, "start_time_offset", "end_time_offset"})
_OF_COMPARISONS: Final = frozenset({"schedule_expression", "baseline_constraints", "baseline_statistics"})
_EXPRESSION: Final = "schedule_expression"
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_DURATION: Final = re.compile(r"(?P<sign>-?)P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?)?")
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
    start, end = _window(environment)
    return RunFacts(
        endpoint=environment.get("sagemaker_endpoint_name", ""),
        schedule=environment.get("sagemaker_monitoring_schedule_name", ""),
        start=start,
        end=end,
        output=_output(environment, end),
    )


def on_demand(environment: Mapping[str, str], start: datetime, end: datetime, run_id: str) -> dict[str, str]:
    """Return the environment of a scheduled run with a window of its own in the place of the schedule's."""
    others = {name: value for name, value in environment.items() if name not in _OF_SCHEDULES}
    return {**others, **_between(start, end), RUN_ID: run_id}


def training_data(
    environment: Mapping[str, str], start: datetime, end: datetime, run: str, validation_share: float
) -> dict[str, str]:
    """Return the environment of the job that makes training data of a window, because of a run of that name.

    `environment` is that of the schedule's runs. Raises KeyError if the monitor has no place for training data.
    """
    left_out = _OF_SCHEDULES | _OF_COMPARISONS
    others = {name: value for name, value in environment.items() if name not in left_out}
    return {
        **others,
        **_between(start, end),
        "analysis_type": "TRAINING_DATA",
        _OUTPUT: f"{environment[PLACE].rstrip('/')}/{run}",
        "publish_cloudwatch_metrics": "Disabled",
        "validation_share": f"{validation_share:g}",
    }


def time(text: object) -> datetime | None:
    """Return a time of ISO 8601 in UTC, which one without a zone is in; `None` for anything else."""
    try:
        found = datetime.fromisoformat(str(text or ""))
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _between(start: datetime, end: datetime) -> dict[str, str]:
    return {START: start.strftime(_TIME), END: end.strftime(_TIME)}


def _window(environment: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    scheduled = _scheduled(environment)
    if scheduled is None:
        return time(environment.get(START)), time(environment.get(END))
    first, last = (_offset(environment.get(f"{name}_offset", "")) for name in (START, END))
    end = scheduled + (last or timedelta())
    if first is not None:
        return scheduled + first, end
    period = _period(environment, scheduled)
    return (scheduled - period if period else None), end


def _scheduled(environment: Mapping[str, str]) -> datetime | None:
    found = time(environment.get(SCHEDULED))
    if found is None or environment.get(START) or environment.get(END):
        return None
    # A cron expression knows no seconds.
    return found.replace(second=0, microsecond=0) if environment.get(_EXPRESSION, "").startswith("cron") else found


def _period(environment: Mapping[str, str], scheduled: datetime) -> timedelta | None:
    return run_periods.before(environment.get(_EXPRESSION, ""), scheduled)


def _offset(text: str) -> timedelta | None:
    found = _DURATION.fullmatch(text)
    if found is None or text.endswith(("P", "T")):
        return None
    days, hours, minutes = (int(found[name] or 0) for name in ("days", "hours", "minutes"))
    whole = timedelta(days=days, hours=hours, minutes=minutes)
    return -whole if found["sign"] else whole


def _output(environment: Mapping[str, str], end: datetime | None) -> str:
    """The folder is that of the window's end: two attempts of one run write to the same."""
    place = environment.get(_OUTPUT, "").rstrip("/")
    if not place.startswith("s3://") or end is None:
        return ""
    folder = f"{place}/{end:%Y/%m/%d/%H}/"
    if run_id := environment.get(RUN_ID):
        return f"{folder}{run_id}/"
    scheduled = _scheduled(environment)
    period = _period(environment, scheduled) if scheduled else None
    return f"{folder}{end:%M}/" if period is not None and period < _HOUR else folder
