# SPDX-License-Identifier: Apache-2.0
"""How long it may be from one run of a schedule to the next, which is when a missing run is noticed.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from orchestrator.values.jobs import MONTHS, WEEKDAYS

_FIRST_DAY: Final = date(2024, 1, 1)
_DAYS: Final = 4 * 365 + 1


@functools.lru_cache(maxsize=64)
def longest(expression: str) -> timedelta:
    """Return the longest time between two runs of a valid recurring expression; years are taken for any year.

    Looks at the days of a span with a leap year; what falls on less than two of them comes once in that span.
    """
    kind, content = _parts(expression)
    if kind == "rate":
        count, unit = content.split()
        return int(count) * timedelta(**{f"{unit.rstrip('s')}s": 1})
    minutes, hours, month_day, month, week_day, _ = content.split()
    of_hours, of_minutes = _numbers(hours, range(24)), _numbers(minutes, range(60))
    times = [timedelta(hours=hour, minutes=minute) for hour in of_hours for minute in of_minutes]
    days = [_FIRST_DAY + timedelta(days=day) for day in range(_DAYS)]
    months = _numbers(month, range(1, 13), MONTHS)
    found = [day for day in days if day.month in months and _is_on(day, month_day, week_day)]
    within = [later - earlier for earlier, later in itertools.pairwise(times)]
    around = timedelta(days=1) - times[-1] + times[0]
    between = [later - earlier - timedelta(days=1) + around for earlier, later in itertools.pairwise(found)]
    return max([*within, *between]) if between else timedelta(days=_DAYS)


def _parts(expression: str) -> tuple[str, str]:
    kind, _, content = expression.removesuffix(")").partition("(")
    return kind, content


def _numbers(text: str, all_: range, names: Sequence[str] | None = None) -> list[int]:
    """Return the values of a field of numbers in order; names stand for numbers from the first value on."""
    found: set[int] = set()
    for part in text.split(","):
        values, _, step = part.partition("/")
        first, _, last = values.partition("-")
        if values == "*":
            low, high = all_[0], all_[-1]
        else:
            low = _number(first, all_, names)
            # A value with a step goes on to the end.
            high = _number(last, all_, names) if last else all_[-1] if step else low
        if high < low:
            # A range may pass the end, such as FRI-MON.
            high += len(all_)
        found.update((value - all_[0]) % len(all_) + all_[0] for value in range(low, high + 1, max(int(step or 1), 1)))
    return sorted(found)


def _number(text: str, all_: range, names: Sequence[str] | None) -> int:
    return all_[0] + names.index(text) if names and text in names else int(text)


def _is_on(day: date, month_day: str, week_day: str) -> bool:
    if week_day == "?":
        return any(day.day in _days_of_month(part, day) for part in month_day.split(","))
    return any(_is_weekday(day, part) for part in week_day.split(","))


def _days_of_month(part: str, day: date) -> list[int]:
    last = _last_day(day)
    if part == "L":
        return [last]
    if part == "LW":
        return [_nearest_workday(day, last)]
    if part.endswith("W"):
        return [_nearest_workday(day, min(int(part[:-1]), last))]
    return _numbers(part, range(1, 32))


def _last_day(day: date) -> int:
    return ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day


def _nearest_workday(day: date, wanted: int) -> int:
    """Return the workday nearest to a day of the month, in the same month."""
    weekday = day.replace(day=wanted).weekday()
    if weekday == 5:
        return wanted - 1 if wanted > 1 else wanted + 2
    if weekday == 6:
        return wanted + 1 if wanted < _last_day(day) else wanted - 2
    return wanted


def _is_weekday(day: date, part: str) -> bool:
    number = day.isoweekday() % 7 + 1
    if part == "L":
        return number == 7
    name, hash_, occurrence = part.partition("#")
    if hash_:
        return number in _weekdays(name) and (day.day - 1) // 7 + 1 == int(occurrence)
    if part.endswith("L"):
        return number in _weekdays(part[:-1]) and day.day > _last_day(day) - 7
    return number in _weekdays(part)


def _weekdays(part: str) -> list[int]:
    return _numbers(part, range(1, 8), WEEKDAYS)
