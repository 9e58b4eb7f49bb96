# SPDX-License-Identifier: Apache-2.0
"""Explanations of a label each, as Clarify's analysis.json has them, and how they compare with a baseline's.

https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-model-monitor-feature-attribution-drift.html
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from monitor_engine.attribution.background import Row
from monitor_engine.attribution.configuration import Configuration
from monitor_engine.data.columns import Numbers
from monitor_engine.problems import EngineError
from monitor_engine.results import CLARIFY, Document

LEAST: Final = 0.9
"""NDCG of the baseline's order below which the order has drifted."""
Values = Mapping[str, float]
"""How much each feature counts."""


@dataclass(frozen=True)
class Explained:
    """What the rows' values are together, by label."""

    values: dict[str, Values]
    expected: dict[str, float]
    """The answer to the background."""

    def document(self, background: Sequence[Row]) -> Document:
        """Return the content of analysis.json. The background is ours: Clarify's has none."""
        of_labels = {
            label: {"global_shap_values": dict(values), "expected_value": self.expected[label]}
            for label, values in self.values.items()
        }
        rows = [list(row) for row in background]
        return {"version": CLARIFY, "explanations": {"kernel_shap": of_labels}, "background": rows}


@dataclass(frozen=True)
class Baseline:
    """What counted in trusted data."""

    values: dict[str, Values]
    background: tuple[Row, ...] = ()
    problems: list[str] = field(default_factory=list)

    def of(self, labels: Sequence[str]) -> dict[str, Values]:
        """Return the values for each label; of as many under other names, those in the same places."""
        if not self.values.keys() & set(labels) and len(self.values) == len(labels):
            return dict(zip(labels, self.values.values(), strict=True))
        return {label: self.values[label] for label in labels if label in self.values}

    def remarks(self, labels: Sequence[str]) -> list[str]:
        """Return which labels could not be compared."""
        compared = self.of(labels)
        new = [label for label in labels if label not in compared]
        gone = [label for label in self.values if label not in labels] if len(compared) < len(self.values) else []
        told = [f"the baseline has no explanations of the labels {', '.join(new[:5])}: not compared"] if new else []
        return [*told, *([f"the model no longer scores the labels {', '.join(gone[:5])}"] if gone else [])]


def together(stated: Configuration, values: Numbers, expected: Numbers) -> Explained:
    """Return the values of all rows as one for each label; they come by row, feature and label."""
    if stated.aggregation == "median":
        found = np.median(values, axis=0)
    else:
        found = (np.abs(values) if stated.aggregation == "mean_abs" else np.square(values)).mean(axis=0)
    labels = named(stated, values.shape[2])
    return Explained(
        {
            label: dict(zip(stated.explained, found[:, place].tolist(), strict=True))
            for place, label in enumerate(labels)
        },
        dict(zip(labels, expected.tolist(), strict=True)),
    )


def named(stated: Configuration, count: int) -> list[str]:
    """Return the names of so many labels. Raise EngineError if the configuration names another number of them."""
    if not stated.labels:
        return [f"label{place}" for place in range(count)]
    if len(stated.labels) != count:
        raise EngineError(
            f"the model gives {count} scores for a row, and label_headers names {len(stated.labels)} labels: "
            "check label_headers and model_scores"
        )
    return list(stated.labels)


def read(path: Path, stated: Configuration) -> Baseline:
    """Return the baseline in a file. Raise EngineError."""
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8-sig"))
        values: dict[str, Values] = {
            str(label): {str(name): float(value) for name, value in one["global_shap_values"].items()}
            for label, one in document["explanations"]["kernel_shap"].items()
        }
        rows = tuple(tuple(map(str, row)) for row in document.get("background") or ())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EngineError(
            f"{path.name} of the baseline has no explanations ({type(error).__name__}: {error}): compute it again"
        ) from error
    if not values:
        raise EngineError(f"{path.name} of the baseline explains no label: compute it again")
    lacking = {name for name in stated.explained for of_label in values.values() if name not in of_label}
    if lacking:
        raise EngineError(f"the baseline does not explain {', '.join(sorted(lacking)[:5])}: compute it again")
    fitting = all(len(row) == len(stated.features) for row in rows)
    return Baseline(values, stated.background or (rows if fitting else ()))


def ndcg(before: Values, now: Values) -> float:
    """Return how much of the baseline's attribution is in place in the order of today: 1 for the same order."""

    def gain(order: Iterable[str]) -> float:
        return sum(abs(before[name]) / math.log2(place + 1) for place, name in enumerate(order, 1))

    def ordered(values: Values) -> list[str]:
        return sorted(before, key=lambda name: (-abs(values.get(name, 0.0)), name))

    ideal = gain(ordered(before))
    return gain(ordered(now)) / ideal if ideal else 1.0
