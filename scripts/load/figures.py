# SPDX-License-Identifier: Apache-2.0
"""Figures of a run: percentiles of latency and lateness in milliseconds, errors, and the same by variant."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from scripts.load.pacing import Call, Run

PERCENTILES: Final = (50, 90, 95, 99)
UNKNOWN: Final = "unknown"
"""What calls are counted under whose answer does not name its variant."""


@dataclass(frozen=True)
class Spread:
    """Percentiles and maximum of times, in milliseconds."""

    percentiles: dict[int, float]
    most: float

    def document(self) -> dict[str, float]:
        """Return the members for programs."""
        return {**{f"p{name}": round(value, 1) for name, value in self.percentiles.items()}, "max": round(self.most, 1)}


def spread(seconds: Sequence[float]) -> Spread | None:
    """Return the percentiles of times in seconds; None of none."""
    if not seconds:
        return None
    times = [1000 * one for one in seconds]
    cuts = statistics.quantiles(times, n=100, method="inclusive") if len(times) > 1 else times * 99
    return Spread({name: cuts[name - 1] for name in PERCENTILES}, max(times))


@dataclass(frozen=True)
class Figures:
    """Figures of calls. Latencies are those of the calls that were answered."""

    calls: int
    errors: dict[str, int]
    latency: Spread | None

    @classmethod
    def of(cls, calls: Sequence[Call]) -> Figures:
        """Return the figures of calls."""
        errors = Counter(call.reply.error for call in calls if call.reply.error)
        latency = spread([call.latency for call in calls if not call.reply.error])
        return cls(len(calls), dict(errors.most_common()), latency)

    @property
    def failed(self) -> int:
        """Number of calls without an answer of the model."""
        return sum(self.errors.values())

    def document(self) -> dict[str, Any]:
        """Return the members for programs."""
        latency = self.latency.document() if self.latency else None
        return {"calls": self.calls, "failed": self.failed, "latency_ms": latency}


def by_variant(calls: Iterable[Call]) -> dict[str, Figures]:
    """Return figures by the variant that answered. Failed calls are of none that is known."""
    grouped: dict[str, list[Call]] = {}
    for call in calls:
        grouped.setdefault(call.reply.variant or UNKNOWN, []).append(call)
    return {name: Figures.of(grouped[name]) for name in sorted(grouped)}


def rate(run: Run) -> float:
    """Return how many calls a second were begun."""
    return (len(run.calls) - 1) / run.seconds if run.seconds else float(len(run.calls))
