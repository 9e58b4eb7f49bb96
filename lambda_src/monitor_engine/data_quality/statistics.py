# SPDX-License-Identifier: Apache-2.0
"""Model Monitor's statistics.json: statistics of a data set, column by column.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-statistics.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from monitor_engine.data.columns import NUMERIC, Numbers
from monitor_engine.data_quality.profile import ColumnProfile, Profile
from monitor_engine.results import Document

# "By default, we materialize the distribution in 10 buckets. This is not currently configurable."
_BUCKETS: Final = 10
_PARAMETERS: Final = {"c": 0.64, "k": 2048.0}
POINTS: Final = 2_048
"""Points of a distribution in the file: all numbers of a column, or so many quantiles."""


def document(profile: Profile, types: Mapping[str, str]) -> Document:
    """Return the content of statistics.json. What the baseline's `types` have as numbers is told as numbers."""
    features = [feature(name, column, types.get(name, "")) for name, column in profile.columns.items()]
    return {"version": 0.0, "dataset": {"item_count": profile.rows}, "features": features}


def feature(name: str, column: ColumnProfile, expected: str = "") -> Document:
    """Return the statistics of one column."""
    kind = column.kind
    if expected in NUMERIC and column.moments.count and kind not in NUMERIC:
        kind = expected
    is_numeric = kind in NUMERIC
    present = column.moments.count if is_numeric else column.present
    common = {"num_present": present, "num_missing": column.rows - present}
    found = {"name": name, "inferred_type": kind}
    if is_numeric:
        return found | {"numerical_statistics": {"common": common} | _numerical(column)}
    return found | {"string_statistics": {"common": common} | _textual(column)}


def bounds(low: float, high: float, buckets: int) -> Numbers:
    """Return the bounds of buckets of equal width."""
    share = np.linspace(0.0, 1.0, buckets + 1)
    return low * (1 - share) + high * share


def counts(column: ColumnProfile, edges: Numbers) -> Numbers:
    """Return how many numbers lie in each bucket, which includes its lower bound; the last one also its upper bound."""
    below = column.sketch.below(edges)
    below[0], below[-1] = 0.0, column.moments.count
    found: Numbers = np.diff(below)
    return found


def _numerical(column: ColumnProfile) -> Document:
    moments = column.moments
    edges = bounds(moments.low, moments.high, _BUCKETS)
    buckets = [
        {"lower_bound": float(lower), "upper_bound": float(upper), "count": float(count)}
        for lower, upper, count in zip(edges[:-1], edges[1:], counts(column, edges), strict=True)
    ]
    sketch: dict[str, Any] = {"parameters": _PARAMETERS, "data": [column.sketch.points(POINTS).tolist()]}
    return {
        "mean": moments.mean,
        "sum": moments.total,
        "std_dev": moments.deviation,
        "min": moments.low,
        "max": moments.high,
        "distribution": {"kll": {"buckets": buckets, "sketch": sketch}},
    }


def _textual(column: ColumnProfile) -> Document:
    buckets = [{"value": text, "count": count} for text, count in column.texts.most_frequent()]
    return {"distinct_count": column.texts.distinct, "distribution": {"categorical": {"buckets": buckets}}}
