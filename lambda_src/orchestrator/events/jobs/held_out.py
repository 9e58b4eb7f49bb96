# SPDX-License-Identifier: Apache-2.0
"""Figures of a model on held-out rows, from lines of label and prediction.

Lines are CSV: the label first, the prediction last. They are read as a stream; only `auc` keeps them.
"""

from __future__ import annotations

import csv
import math
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from orchestrator.sagemaker.registration import ComparisonMetric

MOST_ROWS: Final = 500_000
"""Rows that are compared: the function that does it has little memory, and that many tell models apart."""
_HALF: Final = 0.5
_LABEL_AND_PREDICTION: Final = 2

_Row = tuple[float, float]


class UnreadableError(ValueError):
    """Raised for lines that are no labels with predictions; the words say which."""


@dataclass(frozen=True)
class Figures:
    """What a model reaches on the rows; rows and labels tell whether another has seen the same."""

    value: float
    rows: int
    labels: float
    """Their sum."""

    def is_of_same_rows(self, other: Figures) -> bool:
        """True if both are about equally many rows, with the same sum of labels."""
        return self.rows == other.rows and math.isclose(self.labels, other.labels, rel_tol=1e-9, abs_tol=1e-9)


def figures(lines: Iterable[str], metric: ComparisonMetric) -> Figures:
    """Return the figures of a model; raises `UnreadableError`."""
    seen = _Seen()
    value = _METRICS[metric](seen.counted(_rows(lines)))
    if not seen.rows or math.isnan(value):
        raise UnreadableError("there are no rows" if not seen.rows else f"{metric} is not defined for these rows")
    return Figures(value, seen.rows, seen.labels)


def is_better(metric: ComparisonMetric, challenger: float, deployed: float, margin: float) -> bool:
    """True if the challenger is better, and by the margin at least."""
    gain = deployed - challenger if metric in _LOWER_IS_BETTER else challenger - deployed
    # The bound itself counts, although sums of fractions may put the gain beside it.
    return gain > 0 and (gain >= margin or math.isclose(gain, margin, rel_tol=1e-9))


class _Seen:
    def __init__(self) -> None:
        self.rows = 0
        self.labels = 0.0

    def counted(self, rows: Iterable[_Row]) -> Iterator[_Row]:
        for label, prediction in rows:
            self.rows += 1
            self.labels += label
            if self.rows > MOST_ROWS:
                raise UnreadableError(f"there are more than {MOST_ROWS:,} rows: hold out fewer")
            yield label, prediction


def _rows(lines: Iterable[str]) -> Iterator[_Row]:
    for number, fields in enumerate(csv.reader(lines), start=1):
        if not fields:
            continue
        try:
            label, prediction = float(fields[0]), float(fields[-1])
        except ValueError:
            raise UnreadableError(f"line {number} has no numbers as label and prediction: {','.join(fields)}") from None
        if len(fields) < _LABEL_AND_PREDICTION or not (math.isfinite(label) and math.isfinite(prediction)):
            raise UnreadableError(f"line {number} is no label with a prediction: {','.join(fields)}")
        yield label, prediction


def _rmse(rows: Iterable[_Row]) -> float:
    return math.sqrt(_mean((label - prediction) ** 2 for label, prediction in rows))


def _mae(rows: Iterable[_Row]) -> float:
    return _mean(abs(label - prediction) for label, prediction in rows)


def _accuracy(rows: Iterable[_Row]) -> float:
    """A prediction between classes is the probability of class 1, or else a number to be rounded."""
    return _mean(float(label == math.floor(prediction + _HALF)) for label, prediction in rows)


def _auc(rows: Iterable[_Row]) -> float:
    """Area under the ROC curve, by ranks: equal predictions share theirs. Labels above one half are positive."""
    labels, predictions = array("d"), array("d")
    for label, prediction in rows:
        labels.append(label)
        predictions.append(prediction)
    positives = sum(label > _HALF for label in labels)
    negatives = len(labels) - positives
    if not positives or not negatives:
        return math.nan
    before, sum_of_ranks = 0, 0.0
    order = sorted(range(len(labels)), key=predictions.__getitem__)
    for _, tied in groupby(order, key=predictions.__getitem__):
        equal = list(tied)
        rank = before + (len(equal) + 1) / 2
        sum_of_ranks += rank * sum(labels[index] > _HALF for index in equal)
        before += len(equal)
    return (sum_of_ranks - positives * (positives + 1) / 2) / (positives * negatives)


def _mean(values: Iterable[float]) -> float:
    total, count = 0.0, 0
    for value in values:
        total += value
        count += 1
    return total / count if count else math.nan


_METRICS: Final[Mapping[ComparisonMetric, Callable[[Iterable[_Row]], float]]] = {
    "rmse": _rmse,
    "mae": _mae,
    "accuracy": _accuracy,
    "auc": _auc,
}
_LOWER_IS_BETTER: Final = frozenset({"rmse", "mae"})
