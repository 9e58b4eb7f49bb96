# SPDX-License-Identifier: Apache-2.0
"""Calls at a steady rate, whatever the answers take.

Whoever waits for an answer before the next call asks less the slower a model gets, and never sees what happens to
people who do not wait. So calls begin when they are due, side by side; how late they began is told with the result.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

MOST_RATE: Final = 200.0
"""Calls a second, and below: the most that is asked of one model from one machine."""
MOST_SECONDS: Final = 600.0
MOST_CALLS: Final = 20_000
_MOST_AT_ONCE: Final = 256


@dataclass(frozen=True)
class Plan:
    """How many calls a second, and for how many seconds. Raises ValueError, in words, for more than there may be."""

    rate: float
    seconds: float

    def __post_init__(self) -> None:
        for name, value, most in (("rate", self.rate, MOST_RATE), ("seconds", self.seconds, MOST_SECONDS)):
            if not 0 < value <= most:
                raise ValueError(f"--{name} must be more than 0 and at most {most:g}: {value:g} was given")
        if self.calls > MOST_CALLS:
            raise ValueError(f"--rate times --seconds must be at most {MOST_CALLS} calls: {self.calls} were asked for")

    @property
    def calls(self) -> int:
        """Number of calls: one at least."""
        return max(1, round(self.rate * self.seconds))


@dataclass(frozen=True)
class Reply:
    """How a call ended: the variant that answered, "" if not told; or why it failed, "" if it did not."""

    variant: str = ""
    error: str = ""


@dataclass(frozen=True)
class Call:
    """Call of a run: seconds from when it was due to its beginning, and from there to its end."""

    lateness: float
    latency: float
    reply: Reply


@dataclass(frozen=True)
class Run:
    """Calls in the order in which they were due, and the seconds from the first one's beginning to the last one's."""

    calls: list[Call]
    seconds: float


def run(plan: Plan, ask: Callable[[], Reply]) -> Run:
    """Make all calls of a plan. `ask` makes one, on one of many threads, and raises nothing."""
    began = time.perf_counter()

    def asked(due: float) -> tuple[float, Call]:
        start = time.perf_counter()
        reply = ask()
        return start, Call(max(0.0, start - due), time.perf_counter() - start, reply)

    waiting = threading.Event()
    with ThreadPoolExecutor(min(plan.calls, _MOST_AT_ONCE), thread_name_prefix="load") as pool:
        futures = []
        try:
            for number in range(plan.calls):
                due = began + number / plan.rate
                waiting.wait(max(0.0, due - time.perf_counter()))
                futures.append(pool.submit(asked, due))
            made = [future.result() for future in futures]
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    starts = [start for start, _ in made]
    return Run([call for _, call in made], max(starts) - min(starts))
