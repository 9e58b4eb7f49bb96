# SPDX-License-Identifier: Apache-2.0
"""The longest time between two runs, against the times at which the engine says that a schedule has fired."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from monitor_engine import schedules
from orchestrator.pipeline_types.built_in.monitors import periods

END: Final = datetime(2028, 3, 1, 12, 34, tzinfo=UTC)
"""After a leap day."""
RANDOM: Final = random.Random(20261130)


def _field(first: int, last: int) -> str:
    low, high = sorted(RANDOM.sample(range(first, last + 1), 2))
    return RANDOM.choice(["*", f"{low}", f"{low},{high}", f"{low}-{high}", f"{low}/{RANDOM.randint(1, 9)}"])


def _expressions(count: int) -> list[str]:
    made = []
    for _ in range(count):
        days = RANDOM.choice([f"? * {_field(1, 7)}", f"{_field(1, 28)} * ?"])
        made.append(f"cron({RANDOM.randint(0, 59)} {_field(0, 23)} {days} *)")
    return made


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 6 L * ? *)",
        "cron(0 6 LW * ? *)",
        "cron(0 6 15W * ? *)",
        "cron(30 6 ? * 6L *)",
        "cron(30 6 ? * MON#2 *)",
        "cron(0/20 6-8 ? * THU-MON *)",
        "cron(0 0 1 JAN,JUL ? *)",
        *_expressions(25),
    ],
)
def test_it_is_the_longest_of_the_times_between_runs(expression: str) -> None:
    """Over three years, so that every month and a leap day is in it."""
    moment, longest = schedules.previous(expression, END), timedelta()
    while moment > END - timedelta(days=3 * 365):
        before = schedules.previous(expression, moment)
        longest, moment = max(longest, moment - before), before
    assert periods.longest(expression) == longest
