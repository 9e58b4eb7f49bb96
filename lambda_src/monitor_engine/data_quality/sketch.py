# SPDX-License-Identifier: Apache-2.0
"""Quantile sketch of numbers in bounded memory: compactors of equal size, the deterministic relative of KLL.

A level keeps values of one weight, 2 to the power of its number. When it is full it is sorted, every other value goes
up one level, and the rest is dropped, which moves no rank by more than the level's weight. A level of weight w is
compacted at most n / (w * capacity) times, so that with L levels in use no rank is off by more than n * L / capacity.

Manku, Rajagopalan, Lindsay: Approximate medians and other quantiles in one pass and with limited memory (1998).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from monitor_engine.data.columns import Numbers

CAPACITY: Final = 8_192
"""Values of a level."""


class Sketch:
    """Numbers of a column; exact until there are more than a level keeps."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._levels: list[list[Numbers]] = [[]]
        self._compactions = [0]
        self.count = 0

    @property
    def error(self) -> float:
        """No share of values below a number is off by more than this."""
        return (len(self._levels) - 1) / self._capacity

    def add(self, numbers: Numbers) -> None:
        """Take more numbers, in any order."""
        if len(numbers):
            self.count += len(numbers)
            self._put(0, numbers)

    def merge(self, other: Sketch) -> None:
        """Take everything that another sketch has."""
        for level, parts in enumerate(other._levels):
            for part in parts:
                self._put(level, part)
        self.count += other.count

    def weighted(self) -> tuple[Numbers, Numbers]:
        """Return the kept values, sorted, and how many numbers each stands for."""
        values = [np.concatenate(parts) if parts else np.empty(0) for parts in self._levels]
        weights = [np.full(len(found), 2.0**level) for level, found in enumerate(values)]
        together, counts = np.concatenate(values), np.concatenate(weights)
        order = np.argsort(together, kind="stable")
        return together[order], counts[order]

    def below(self, bounds: Numbers) -> Numbers:
        """Return how many numbers are lower than each bound, about."""
        values, weights = self.weighted()
        ranks: Numbers = np.concatenate([[0.0], np.cumsum(weights)])
        found: Numbers = ranks[np.searchsorted(values, bounds, side="left")]
        return found

    def points(self, most: int) -> Numbers:
        """Return the numbers themselves if there are no more than `most`, or else so many quantiles of them."""
        values, weights = self.weighted()
        if self.count <= most and len(self._levels) == 1:
            return values
        ranks = np.cumsum(weights)
        wanted = (np.arange(most) + 0.5) / most * ranks[-1]
        found: Numbers = values[np.searchsorted(ranks, wanted, side="left")]
        return found

    def _put(self, level: int, numbers: Numbers) -> None:
        while len(self._levels) <= level:
            self._levels.append([])
            self._compactions.append(0)
        parts = self._levels[level]
        parts.append(numbers)
        if sum(map(len, parts)) > self._capacity:
            self._compact(level)

    def _compact(self, level: int) -> None:
        values = np.sort(np.concatenate(self._levels[level]))
        # Of an odd number one stays: no weight is made or lost.
        odd = len(values) % 2
        self._levels[level] = [values[-1:]] if odd else []
        first = self._compactions[level] % 2
        self._compactions[level] += 1
        self._put(level + 1, values[: len(values) - odd][first::2])
