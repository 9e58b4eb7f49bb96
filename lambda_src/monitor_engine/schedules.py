# SPDX-License-Identifier: Apache-2.0
"""Expressions of EventBridge Scheduler: when a schedule fired last, in UTC.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from monitor_engine.problems import EngineError

_LONGEST: Final = 366
"""Days that are searched for the previous time."""
_RATE: Final = re.compile(r"rate\(\s*(\d{1,6})\s+(minute|hour|day)s?\s*\)")
_CRON: Final = re.compile(r"cron\((.*)\)")
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_ANY: Final = ("*", "?")
_SATURDAY: Final = 7

Days = Callable[[date], bool]


@dataclass(frozen=True)
class _Field:
    """What a field of a cron expression may hold."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


_MINUTES: Final = _Field("minutes", 0, 59)
_HOURS: Final = _Field("hours", 0, 23)
_DAYS: Final = _Field("day of month", 1, 31)
_MONTH: Final = _Field("month", 1, 12, _MONTHS)
_WEEKDAY: Final = _Field("day of week", 1, 7, _WEEKDAYS)
_YEAR: Final = _Field("year", 1970, 2199)


@dataclass(frozen=True)
class _Cron:
    minutes: frozenset[int]
    hours: frozenset[int]
    days: Days

    def last(self, day: date, before: datetime) -> datetime | None:
        """The last time of a day that is before a moment."""
        if not self.days(day):
            return None
        times = (
            datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
            for hour in sorted(self.hours, reverse=True)
            for minute in sorted(self.minutes, reverse=True)
        )
        return next((time for time in times if time < before), None)


def previous(expression: str, moment: datetime) -> datetime:
    """Return the last time before a moment at which a schedule fires. Raise EngineError.

    A rate has fired its period before. `moment` is in UTC.
    """
    if rate := _RATE.fullmatch(expression.strip()):
        period = timedelta(**{f"{rate.group(2)}s": int(rate.group(1))})
        if not period or period > timedelta(days=_LONGEST):
            raise EngineError(f"schedule_expression is {expression!r}: give a rate from 1 minute to {_LONGEST} days")
        return moment - period
    found = _CRON.fullmatch(expression.strip())
    if found is None:
        raise EngineError(f"schedule_expression is {expression!r}: give rate(1 hour) or cron(0 * ? * * *)")
    cron = _cron(expression, found.group(1).upper().split())
    for days in range(_LONGEST + 1):
        time = cron.last(moment.date() - timedelta(days=days), moment)
        if time is not None:
            return time
    raise EngineError(
        f"schedule_expression {expression!r} has no time in the year before {moment:%Y-%m-%dT%H:%M:%SZ}, so the "
        "window has no start: give start_time_offset, or start_time and end_time"
    )


def _cron(expression: str, fields: list[str]) -> _Cron:
    try:
        minutes, hours, day, month, weekday, year = fields
        if day not in _ANY and weekday not in _ANY:
            raise ValueError("day of month and day of week cannot both be given: write ? for one of them")
        in_month, in_week = _days_of_month(day), _days_of_week(weekday)
        months, years = _values(month, _MONTH), _values(year, _YEAR)
        return _Cron(
            _values(minutes, _MINUTES),
            _values(hours, _HOURS),
            lambda one: one.year in years and one.month in months and in_month(one) and in_week(one),
        )
    except ValueError as error:
        why = str(error) if len(fields) == 6 else f"it has {len(fields)} fields"
        raise EngineError(
            f"schedule_expression is {expression!r}: {why}; give minutes, hours, day of month, month, day of week and "
            "year, as in cron(0 8 ? * MON-FRI *)"
        ) from error


def _days_of_month(text: str) -> Days:
    """Numbers, `L`, `L-3`, `15W` or `LW`, also several of them."""
    if text in _ANY:
        return lambda _: True
    parts = [_day_of_month(part) for part in text.split(",")]
    return lambda day: any(part(day) for part in parts)


def _day_of_month(text: str) -> Days:
    if before := re.fullmatch(r"L(?:-(\d+))?", text):
        back = int(before.group(1) or 0)
        return lambda day: day.day == _length(day) - back
    if text == "LW":
        return lambda day: day.day == _weekday_near(day, _length(day))
    if near := re.fullmatch(r"(\d+)W", text):
        wanted = _number(near.group(1), _DAYS)
        return lambda day: wanted <= _length(day) and day.day == _weekday_near(day, wanted)
    numbers = _values(text, _DAYS)
    return lambda day: day.day in numbers


def _days_of_week(text: str) -> Days:
    """Numbers from 1 for Sunday, names, `L` for Saturday, `6L` for the last Friday, `3#2` for the second Tuesday."""
    if text in _ANY:
        return lambda _: True
    if "#" in text:
        number, _, place = text.partition("#")
        wanted, which = _number(number, _WEEKDAY), _number(place, _Field("place in the month", 1, 5))
        return lambda day: _weekday(day) == wanted and (day.day + 6) // 7 == which
    parts = [_day_of_week(part) for part in text.split(",")]
    return lambda day: any(part(day) for part in parts)


def _day_of_week(text: str) -> Days:
    if text == "L":
        return lambda day: _weekday(day) == _SATURDAY
    if len(text) > 1 and text.endswith("L"):
        wanted = _number(text[:-1], _WEEKDAY)
        return lambda day: _weekday(day) == wanted and day.day + 7 > _length(day)
    numbers = _values(text, _WEEKDAY)
    return lambda day: _weekday(day) in numbers


def _values(text: str, field: _Field) -> frozenset[int]:
    """The numbers that a field names: `*`, `5`, `1-4`, `0/15`, `8-18/2`, and lists of them. Raise ValueError."""
    return frozenset(number for part in text.split(",") for number in _part(part, field))


def _part(text: str, field: _Field) -> list[int]:
    span, has_step, stated = text.partition("/")
    step = 1
    if has_step:
        step = int(stated) if stated.isascii() and stated.isdigit() else 0
        if not step:
            raise ValueError(f"{field.name} has the step {stated!r}, and a step is 1 at least")
    if span == "*" or (not span and has_step):
        low, high = field.low, field.high
    elif "-" in span:
        first, _, last = span.partition("-")
        low, high = _number(first, field), _number(last, field)
    else:
        low = _number(span, field)
        high = field.high if has_step else low
    if low <= high:
        return list(range(low, high + 1, step))
    # FRI-MON goes on at the beginning.
    around = [*range(low, field.high + 1), *range(field.low, high + 1)]
    return around[::step]


def _number(text: str, field: _Field) -> int:
    if text in field.names:
        return field.names.index(text) + field.low
    if not (text.isascii() and text.isdigit()) or not field.low <= int(text) <= field.high:
        raise ValueError(f"{field.name} has {text!r}, and may be from {field.low} to {field.high}")
    return int(text)


def _weekday(day: date) -> int:
    return day.isoweekday() % 7 + 1


def _length(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def _weekday_near(day: date, wanted: int) -> int:
    """The day of the month from Monday to Friday that is nearest to one, within the month."""
    number, last = day.replace(day=wanted).isoweekday(), _length(day)
    if number == 6:
        return wanted - 1 if wanted > 1 else wanted + 2
    if number == 7:
        return wanted + 1 if wanted < last else wanted - 2
    return wanted
