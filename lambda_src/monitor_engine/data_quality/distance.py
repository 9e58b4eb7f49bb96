# SPDX-License-Identifier: Apache-2.0
"""Distances between a baseline's distribution and a window's, as deequ defines them.

https://github.com/awslabs/deequ/blob/master/src/main/scala/com/amazon/deequ/analyzers/Distance.scala
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from scipy import special

from monitor_engine.data.columns import Numbers

# c(alpha) of the two-sample Kolmogorov-Smirnov test for alpha = 0.003.
_CRITICAL: Final = 1.8
# Expected counts below which categories are put together: of two (Cochran), and of a fifth of more than two (Yates).
_COCHRAN: Final = 10
_YATES: Final = 5
_YATES_SHARE: Final = 0.2


def simple(weights: Numbers, below: Numbers, at_most: Numbers, count: int) -> float:
    """Return the greatest difference of two cumulative distributions.

    `weights` are those of the baseline's points, in order; `below` and `at_most` say how many of the window's `count`
    numbers are below, and at most, each point. The first distribution only rises at its points, so no other place can
    be farther.
    """
    first = np.cumsum(weights) / np.sum(weights)
    before = np.concatenate([[0.0], first[:-1]])
    return float(max(np.abs(first - at_most / count).max(), np.abs(before - below / count).max()))


def bucketed(counts: Numbers, below: Numbers, at_most: Numbers, total: int) -> float:
    """Return the greatest difference of two cumulative distributions at the bounds of the baseline's buckets.

    `counts` are those of the buckets; `below` and `at_most` say how many of the window's `total` numbers are below, and
    at most, each bound. Within a bucket nothing is known: the distance may be greater, and never is less.
    """
    first = np.concatenate([[0.0], np.cumsum(counts)[:-1]]) / np.sum(counts)
    return float(max(np.abs(first - below[:-1] / total).max(), 1 - at_most[-1] / total))


def robust(distance: float, first: int, second: int) -> float:
    """Return what of a distance cannot be chance in samples of these sizes."""
    return max(0.0, distance - _CRITICAL * math.sqrt((first + second) / (first * second)))


def categorical(first: Mapping[str, int], second: Mapping[str, int], totals: tuple[int, int]) -> float:
    """Return the greatest difference of the shares of a category."""
    shares = (abs(first.get(name, 0) / totals[0] - second.get(name, 0) / totals[1]) for name in {*first, *second})
    return max(shares, default=0.0)


def chi_squared(observed: Mapping[str, int], baseline: Mapping[str, int]) -> float:
    """Return the p-value of the observed counts under the baseline's shares; NaN with fewer than two categories.

    Rare categories are put together, the rarest with the next, until the test holds. Only the baseline's count.
    """
    total = sum(observed.get(name, 0) for name in baseline)
    scale = total / sum(baseline.values()) if baseline else 0.0
    heap = [(count * scale, name, float(observed.get(name, 0))) for name, count in baseline.items()]
    heapq.heapify(heap)
    rare = sum(expected < _YATES for expected, *_ in heap)
    while len(heap) > 1 and _are_too_few(heap, rare):
        (least, _, seen), (next_, name, also) = heapq.heappop(heap), heapq.heappop(heap)
        together = (least + next_, name, seen + also)
        rare += (together[0] < _YATES) - (least < _YATES) - (next_ < _YATES)
        heapq.heappush(heap, together)
    if len(heap) <= 1 or not total:
        return math.nan
    expected, counted = np.array([one[0] for one in heap]), np.array([one[2] for one in heap])
    # scipy.stats would take a second to import, of which this is one line.
    return float(special.chdtrc(len(heap) - 1, (np.square(counted - expected) / expected).sum()))


def _are_too_few(heap: list[tuple[float, str, float]], rare: int) -> bool:
    if len(heap) == 2:
        return heap[0][0] < _COCHRAN
    return rare > int(_YATES_SHARE * len(heap))
