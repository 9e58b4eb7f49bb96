# SPDX-License-Identifier: Apache-2.0
"""How a feature was distributed in a baseline, from its entry in statistics.json, ours or Model Monitor's."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from monitor_engine.data.columns import Numbers


def _none() -> Numbers:
    return np.empty(0)


@dataclass(frozen=True)
class Distribution:
    """Points with their weights, or buckets with their counts, or categories with theirs."""

    count: int
    points: Numbers = field(default_factory=_none)
    """Distinct numbers, in order."""
    weights: Numbers = field(default_factory=_none)
    """Of the points, or of the buckets."""
    edges: Numbers = field(default_factory=_none)
    """Bounds of buckets, where nothing finer is known: one more than there are weights."""
    categories: Mapping[str, int] = field(default_factory=dict)
    is_whole: bool = True
    """Whether every category was counted."""

    @property
    def is_numeric(self) -> bool:
        """Whether it is one of numbers."""
        return len(self.weights) > 0

    @property
    def places(self) -> Numbers:
        """Numbers at which it is known how many are lower: in order, the lowest and the highest included."""
        return self.edges if len(self.edges) else self.points

    def shares(self, bounds: Numbers) -> Numbers:
        """Return the share of numbers between each two bounds; a bucket counts where its middle is."""
        middles = (self.edges[:-1] + self.edges[1:]) / 2 if len(self.edges) else self.points
        places = np.clip(np.searchsorted(bounds, middles, side="right") - 1, 0, len(bounds) - 2)
        found: Numbers = np.bincount(places, weights=self.weights, minlength=len(bounds) - 1) / self.weights.sum()
        return found


def read(statistics: Mapping[str, Any]) -> Distribution | None:
    """Return the distribution in a feature's statistics; None where they have none.

    Raises KeyError, TypeError, ValueError or AttributeError for what is not as Model Monitor writes it.
    """
    numerical, textual = statistics.get("numerical_statistics"), statistics.get("string_statistics")
    if numerical:
        kll = (numerical.get("distribution") or {}).get("kll") or {}
        found = _of_sketch(kll) or _of_buckets(numerical, kll.get("buckets") or [])
        return None if found is None else _counted(numerical, *found)
    if textual:
        buckets = ((textual.get("distribution") or {}).get("categorical") or {}).get("buckets") or []
        counts = {str(bucket["value"]): int(bucket["count"]) for bucket in buckets}
        present = int((textual.get("common") or {}).get("num_present") or sum(counts.values()))
        # Model Monitor estimates how many there are.
        is_whole = int(textual.get("distinct_count") or 0) <= len(counts) or sum(counts.values()) >= present
        return Distribution(present, categories=counts, is_whole=is_whole) if counts else None
    return None


def _of_sketch(kll: Mapping[str, Any]) -> tuple[Numbers, Numbers, Numbers] | None:
    levels = (kll.get("sketch") or {}).get("data") or []
    values = _numbers(value for level in levels for value in level)
    # A value on a level of a KLL sketch stands for two to the power of the level's number.
    weights = np.array([2.0**number for number, level in enumerate(levels) for _ in level])
    known = np.isfinite(values)
    if not known.any():
        return None
    points, places = np.unique(values[known], return_inverse=True)
    return points, np.bincount(places, weights=weights[known]).astype(np.float64), _none()


def _of_buckets(numerical: Mapping[str, Any], buckets: Iterable[Mapping[str, Any]]) -> tuple[Numbers, ...] | None:
    stated = sorted((float(one["lower_bound"]), float(one["upper_bound"]), float(one["count"])) for one in buckets)
    filled = [one for one in stated if one[2] > 0 and math.isfinite(one[0]) and math.isfinite(one[1])]
    if not filled:
        return None
    low, high = filled[0][0], max(upper for _, upper, _ in filled)
    if low == high or numerical.get("min") == numerical.get("max") is not None:
        # All values are one: that is known exactly, whichever bucket has them.
        return np.array([low]), np.array([sum(count for *_, count in filled)]), _none()
    edges, weights = [low], []
    for lower, upper, count in filled:
        if lower > edges[-1]:
            edges.append(lower)
            weights.append(0.0)
        edges.append(upper)
        weights.append(count)
    return _none(), np.array(weights), np.array(edges)


def _counted(numerical: Mapping[str, Any], points: Numbers, weights: Numbers, edges: Numbers) -> Distribution:
    present = int((numerical.get("common") or {}).get("num_present") or weights.sum())
    return Distribution(present, points, weights, edges)


def _numbers(values: Iterable[Any]) -> Numbers:
    return np.array([float(value) for value in values], dtype=np.float64)
