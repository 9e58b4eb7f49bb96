# SPDX-License-Identifier: Apache-2.0
"""How far apart the runs of a schedule are, by its expression. Pure.

`orchestrator/values/schedules.py` says what an expression may be. This looks at the times of a day: what a schedule
that leaves out days does, only the run itself works out.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import re
from datetime import datetime, timedelta
from typing import Final

_RATE: Final = re.compile(r"rate\((?P<count>[1-9][0-9]{0,6}) (?P<unit>minute|hour|day)s?\)")
_CRON: Final = re.compile(r"cron\((?P<minutes>[0-9*,/-]+) (?P<hours>[0-9*,/-]+) (?P<days>\S+ \S+ \S+) \S+\)")
_EVERY_DAY: Final = ("? * *", "* * ?")
_DAY: Final = 24 * 60
"""Minutes."""


def always(expression: str) -> timedelta | None:
    """Return the time between any two runs; `None` if it is not always the same, or not known."""
    if rate := _RATE.fullmatch(expression):
        return timedelta(**{f"{rate['unit']}s": int(rate["count"])})
    times, is_every_day = _times(expression)
    gaps = {later - earlier for earlier, later in itertools.pairwise([*times, times[0] + _DAY])} if times else set()
    return timedelta(minutes=gaps.pop()) if is_every_day and len(gaps) == 1 else None


def before(expression: str, moment: datetime) -> timedelta | None:
    """Return the time from the last run before a moment in UTC until then; `None` if it is not known."""
    times, is_every_day = _times(expression)
    if not times:
        return always(expression)
    now = moment.hour * 60 + moment.minute
    index = bisect.bisect_left(times, now)
    if index:
        return timedelta(minutes=now - times[index - 1])
    return timedelta(minutes=now + _DAY - times[-1]) if is_every_day else None


@functools.lru_cache(maxsize=64)
def _times(expression: str) -> tuple[tuple[int, ...], bool]:
    """Return the minutes of a day at which a cron expression fires, in order, and whether it does so every day."""
    cron = _CRON.fullmatch(expression)
    if cron is None:
        return (), False
    try:
        minutes, hours = _values(cron["minutes"], 60), _values(cron["hours"], 24)
    except ValueError:
        return (), False
    return tuple(sorted(hour * 60 + minute for hour in hours for minute in minutes)), cron["days"] in _EVERY_DAY


def _values(field: str, whole: int) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        values, _, step = part.partition("/")
        first, _, last = values.partition("-")
        low = 0 if values == "*" else int(first)
        high = int(last) if last else whole - 1 if step or values == "*" else low
        found.update(
            value % whole for value in range(low, high + 1 if high >= low else high + whole + 1, int(step or 1))
        )
    return found
