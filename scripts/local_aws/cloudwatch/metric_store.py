# SPDX-License-Identifier: Apache-2.0
"""Values of metrics, summed up by the minute: thousands of calls are as cheap to read as one."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

Place = tuple[str, str]
"""Account and Region."""
Dimensions = tuple[tuple[str, str], ...]
MINUTE: Final = 60
_KEPT: Final = timedelta(days=15)


@dataclass(frozen=True)
class Metric:
    """Metric by its namespace, name and dimensions, the latter in any order."""

    namespace: str
    name: str
    dimensions: Dimensions

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: dict[str, str]) -> Metric:
        """Return the metric, with its dimensions sorted by name."""
        return cls(namespace, name, tuple(sorted(dimensions.items())))


@dataclass
class Values:
    """Values of a span of time, each with how often it came."""

    counts: Counter[float] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        return bool(self.counts)

    @property
    def samples(self) -> int:
        """Number of values."""
        return sum(self.counts.values())

    @property
    def total(self) -> float:
        """Sum of the values."""
        return sum(value * count for value, count in self.counts.items())

    def statistic(self, name: str) -> float | None:
        """Return a statistic by CloudWatch's name, such as `Sum` or `p99`; None if there are no values.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
        """
        if not self.counts:
            return None
        if name.startswith("p"):
            return self._percentile(float(name[1:]))
        found = {
            "SampleCount": float(self.samples),
            "Sum": self.total,
            "Average": self.total / self.samples,
            "Minimum": min(self.counts),
            "Maximum": max(self.counts),
        }
        return found[name]

    def _percentile(self, percent: float) -> float:
        rank, seen = self.samples * percent / 100, 0
        for value in sorted(self.counts):
            seen += self.counts[value]
            if seen >= rank:
                return value
        return max(self.counts)


class Store:
    """All values of all accounts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minutes: dict[tuple[Place, Metric], dict[int, Values]] = {}
        self._newest: dict[tuple[Place, Metric], datetime] = {}

    def add(self, place: Place, metric: Metric, value: float, moment: datetime) -> None:
        """Add one value."""
        minute = int(moment.timestamp()) // MINUTE
        with self._lock:
            minutes = self._minutes.setdefault((place, metric), {})
            if minute not in minutes:
                self._forget(minutes, minute)
                minutes[minute] = Values()
            minutes[minute].counts[value] += 1
            self._newest[place, metric] = moment

    def has_newer(self, place: Place, metric: Metric, moment: datetime) -> bool:
        """Whether a value came after a moment."""
        with self._lock:
            newest = self._newest.get((place, metric))
        return newest is not None and newest > moment

    def between(self, place: Place, metric: Metric, start: datetime, end: datetime) -> Values:
        """Return the values of the minutes that begin in a span of time."""
        first, after = (math.ceil(moment.timestamp() / MINUTE) for moment in (start, end))
        found = Values()
        with self._lock:
            minutes = self._minutes.get((place, metric), {})
            for minute in range(first, after):
                if minute in minutes:
                    found.counts.update(minutes[minute].counts)
        return found

    def by_minute(self, place: Place) -> Iterator[tuple[Metric, int, Values]]:
        """Yield each metric of an account and Region with each minute (in seconds since 1970) and its values."""
        with self._lock:
            found = [
                (metric, minute * MINUTE, Values(Counter(values.counts)))
                for (where, metric), minutes in self._minutes.items()
                if where == place
                for minute, values in minutes.items()
            ]
        yield from found

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._minutes.clear()
            self._newest.clear()

    @staticmethod
    def _forget(minutes: dict[int, Values], newest: int) -> None:
        """Forget what CloudWatch no longer has by the minute."""
        for old in [minute for minute in minutes if minute < newest - _KEPT.total_seconds() // MINUTE]:
            del minutes[old]


STORE: Final = Store()
