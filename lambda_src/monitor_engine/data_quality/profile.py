# SPDX-License-Identifier: Apache-2.0
"""What is kept of each column while a data set streams by: counts, moments, a sketch, ranks at a baseline's points."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from monitor_engine.data import columns
from monitor_engine.data.columns import STRING, Column, Numbers
from monitor_engine.data.tables import Table
from monitor_engine.data_quality.categories import Categories
from monitor_engine.data_quality.sketch import CAPACITY, Sketch

# With more columns a sketch keeps less of each, so that the memory stays.
_MANY_COLUMNS: Final = 200
_SMALL: Final = 1_024


@dataclass
class Moments:
    """Count, mean and spread of numbers, merged by Chan's formula."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    """Sum of the squared distances from the mean."""
    total: float = 0.0
    low: float = math.inf
    high: float = -math.inf

    def add(self, numbers: Numbers) -> None:
        """Take more numbers, sorted."""
        size = len(numbers)
        if not size:
            return
        total, mean = float(numbers.sum()), float(numbers.mean())
        difference, count = mean - self.mean, self.count + size
        self.squares += float(np.square(numbers - mean).sum()) + difference**2 * self.count * size / count
        self.mean += difference * size / count
        self.count, self.total = count, self.total + total
        self.low, self.high = min(self.low, float(numbers[0])), max(self.high, float(numbers[-1]))

    @property
    def deviation(self) -> float:
        """Of the whole data, not of a sample."""
        return math.sqrt(self.squares / self.count) if self.count else math.nan


@dataclass
class Ranks:
    """How many numbers are below, and at most, each of some points."""

    points: Numbers
    below: Numbers
    at_most: Numbers
    count: int = 0

    def add(self, numbers: Numbers) -> None:
        """Take more numbers, sorted."""
        self.below += np.searchsorted(numbers, self.points, side="left")
        self.at_most += np.searchsorted(numbers, self.points, side="right")
        self.count += len(numbers)


@dataclass
class ColumnProfile:
    """What is kept of one column."""

    sketch: Sketch
    ranks: Ranks | None = None
    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    """Present values by their type."""
    moments: Moments = field(default_factory=Moments)
    texts: Categories = field(default_factory=Categories)
    domain: frozenset[str] = frozenset()
    """Texts that the baseline knows."""
    known: int = 0
    """Values that are in the domain."""

    def add(self, column: Column) -> None:
        """Take the values of more rows."""
        self.rows += column.missing + column.present
        self.counts.update(column.counts)
        self.moments.add(column.numbers)
        self.sketch.add(column.numbers)
        self.texts.add(column.texts)
        self.known += sum(column.texts.get(text, 0) for text in self.domain)
        if self.ranks is not None:
            self.ranks.add(column.numbers)

    @property
    def present(self) -> int:
        """How many values there are."""
        return self.counts.total()

    @property
    def kind(self) -> str:
        """The narrowest type that holds every value."""
        return columns.narrowest(self.counts)

    @property
    def lacks_texts(self) -> bool:
        """Whether it has both texts and numbers, and not every number is among the texts."""
        return bool(self.counts[STRING]) and self.texts.total < self.present


@dataclass
class Profile:
    """All columns of a data set."""

    points: Mapping[str, Numbers] = field(default_factory=dict)
    """Points of the baseline's distributions, by column."""
    domains: Mapping[str, frozenset[str]] = field(default_factory=dict)
    rows: int = 0
    widths: Counter[int] = field(default_factory=Counter)
    columns: dict[str, ColumnProfile] = field(default_factory=dict)

    def add(self, table: Table) -> None:
        """Take the next table."""
        for name, column in table.columns.items():
            if name not in self.columns:
                self.columns[name] = self._new(name, len(table.columns))
                # It was missing in every row before.
                self.columns[name].rows = self.rows
            self.columns[name].add(column)
        self.rows += table.rows
        for name, profile in self.columns.items():
            if name not in table.columns:
                profile.rows = self.rows
        self.widths.update(table.widths)

    def _new(self, name: str, among: int) -> ColumnProfile:
        points = self.points.get(name)
        ranks = None if points is None else Ranks(points, np.zeros(len(points)), np.zeros(len(points)))
        sketch = Sketch(CAPACITY if among <= _MANY_COLUMNS else _SMALL)
        return ColumnProfile(sketch, ranks, domain=self.domains.get(name, frozenset()))


def mixed(profile: Profile, numeric: frozenset[str]) -> frozenset[str]:
    """Return the columns to read once more, as text; `numeric` are those that the baseline has as numbers."""
    return frozenset(name for name, column in profile.columns.items() if column.lacks_texts and name not in numeric)
