# SPDX-License-Identifier: Apache-2.0
"""Model Monitor's statistics.json: statistics of a data set, column by column.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-statistics.html
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from scripts.local_aws.sagemaker.monitors.baseline_dataset import FRACTIONAL, INTEGRAL, inferred_type

# "By default, we materialize the distribution in 10 buckets. This is not currently configurable."
_BUCKETS = 10
_SKETCH_PARAMETERS = {"c": 0.64, "k": 2048.0}
# A KLL sketch keeps up to this many values in full, on its first level. Of more, this one keeps as many quantiles.
_SKETCH_VALUES = 2048


def statistics(dataset: pd.DataFrame) -> dict[str, Any]:
    """Return the content of statistics.json for a table of text."""
    features = [_feature(str(name), dataset[name]) for name in dataset.columns]
    return {"version": 0.0, "dataset": {"item_count": len(dataset)}, "features": features}


def _feature(name: str, column: pd.Series) -> dict[str, Any]:
    kind = inferred_type(column)
    present = column.dropna()
    common = {"num_present": len(present), "num_missing": len(column) - len(present)}
    feature = {"name": name, "inferred_type": kind}
    if kind in (INTEGRAL, FRACTIONAL):
        return feature | {"numerical_statistics": {"common": common} | _numerical(pd.to_numeric(present))}
    return feature | {"string_statistics": {"common": common} | _categorical(present)}


def _numerical(values: pd.Series) -> dict[str, Any]:
    numbers = values.to_numpy(dtype=float)
    return {
        "mean": float(numbers.mean()),
        "sum": float(numbers.sum()),
        # Of the whole data, not of a sample.
        "std_dev": float(numbers.std(ddof=0)),
        "min": float(numbers.min()),
        "max": float(numbers.max()),
        "distribution": {"kll": {"buckets": _buckets(numbers), "sketch": _sketch(numbers)}},
    }


def _buckets(numbers: np.ndarray[Any, np.dtype[np.float64]]) -> list[dict[str, float]]:
    """Return ten buckets of equal width. Each includes its lower bound, the last one also its upper bound."""
    bounds = np.linspace(numbers.min(), numbers.max(), _BUCKETS + 1)
    positions = np.clip(np.searchsorted(bounds, numbers, side="right") - 1, 0, _BUCKETS - 1)
    counts = np.bincount(positions, minlength=_BUCKETS)
    return [
        {"lower_bound": float(lower), "upper_bound": float(upper), "count": float(count)}
        for lower, upper, count in zip(bounds[:-1], bounds[1:], counts, strict=True)
    ]


def _sketch(numbers: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, Any]:
    kept = numbers
    if len(numbers) > _SKETCH_VALUES:
        kept = np.quantile(numbers, np.linspace(0, 1, _SKETCH_VALUES), method="nearest")
    return {"parameters": _SKETCH_PARAMETERS, "data": [kept.tolist()]}


def _categorical(values: pd.Series) -> dict[str, Any]:
    counts = values.value_counts()
    buckets = [{"value": str(value), "count": int(count)} for value, count in counts.items()]
    return {"distinct_count": len(counts), "distribution": {"categorical": {"buckets": buckets}}}
