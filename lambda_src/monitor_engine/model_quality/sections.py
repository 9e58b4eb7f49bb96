# SPDX-License-Identifier: Apache-2.0
"""Sections of a report about model quality: metrics with the baseline's thresholds, confusion matrix, ROC."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from monitor_engine.model_quality import constraints
from monitor_engine.report import drawings, page

# Labels of a confusion matrix that are shown.
_MOST: Final = 15


def of(metrics: Mapping[str, Any], limits: Mapping[str, tuple[float, str]]) -> list[str]:
    """Return the sections."""
    rows = []
    for name, metric in metrics.items():
        if constraints.is_scalar(metric):
            threshold, operator = limits.get(name, (None, ""))
            worst = "" if threshold is None else page.number(threshold)
            word = {constraints.LESS: "at least", constraints.GREATER: "at most"}.get(operator, "")
            rows.append(
                (name, _number(metric["value"]), _number(metric["standard_deviation"]), f"{word} {worst}".strip())
            )
    heads = ("metric", "value", "standard deviation", "baseline")
    found = [f"<section><h2>Metrics</h2>{page.table('', heads, rows, (1, 2, 3))}</section>"]
    matrix = metrics.get("confusion_matrix")
    if matrix:
        found.append(_confusion(matrix))
    roc = metrics.get("receiver_operating_characteristic_curve")
    if roc:
        points = list(zip(roc["false_positive_rates"], roc["true_positive_rates"], strict=True))
        label = f"True positive rate by false positive rate; area under the curve {_number(metrics['auc']['value'])}"
        found.append(f"<section><h2>ROC curve</h2>{drawings.curve(label, points)}<p>{label}.</p></section>")
    return found


def _confusion(matrix: Mapping[str, Mapping[str, int]]) -> str:
    labels = list(matrix)[:_MOST]
    rows = [(true, *(f"{matrix[true][label]:,}" for label in labels)) for true in labels]
    numeric = range(1, len(labels) + 1)
    left = len(matrix) - len(labels)
    more = f"<p>{left} more labels stand in statistics.json.</p>" if left else ""
    shown = page.table("Rows: true labels. Columns: predicted labels.", ("true", *labels), rows, numeric)
    return f"<section><h2>Confusion matrix</h2>{shown}{more}</section>"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else page.number(value)
