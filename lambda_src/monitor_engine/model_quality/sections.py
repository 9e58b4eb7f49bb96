# SPDX-License-Identifier: Apache-2.0
"""Sections of a report about model quality: metrics with the baseline's thresholds, confusion matrix, curves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from monitor_engine.model_quality import constraints
from monitor_engine.report import drawings, page

# Labels of a confusion matrix that are shown.
_MOST: Final = 15
_WORDS: Final = {constraints.LESS: "at least", constraints.GREATER: "at most"}


def of(metrics: Mapping[str, Any], limits: Mapping[str, tuple[float, str]], violated: Collection[str]) -> list[str]:
    """Return the sections; `violated` are the metrics that are worse than their threshold."""
    found = [f"<section><h2>Metrics</h2>{_metrics(metrics, limits, violated)}</section>"]
    matrix = metrics.get("confusion_matrix")
    if matrix:
        found.append(_confusion(matrix))
    roc, auc = metrics.get("receiver_operating_characteristic_curve"), metrics.get("auc")
    if roc and auc:
        points = list(zip(roc["false_positive_rates"], roc["true_positive_rates"], strict=True))
        told = f"True positive rate by false positive rate; area under the curve {page.number(auc['value'])}"
        drawing = drawings.curve("ROC curve", told, points, has_diagonal=True)
        found.append(f"<section><h2>ROC curve</h2>{drawing}<p>{told}. The diagonal is that of guessing.</p></section>")
    curve = metrics.get("precision_recall_curve")
    if curve:
        points = list(zip(curve["recalls"], curve["precisions"], strict=True))
        told = "Precision by recall, from 0 to 1"
        drawing = drawings.curve("Precision and recall", told, points)
        found.append(f"<section><h2>Precision and recall</h2>{drawing}<p>{told}.</p></section>")
    return found


def _metrics(metrics: Mapping[str, Any], limits: Mapping[str, tuple[float, str]], violated: Collection[str]) -> str:
    rows = []
    for name, metric in metrics.items():
        if not constraints.is_scalar(metric):
            continue
        cells = [name, page.number(metric["value"]), page.number(metric["standard_deviation"])]
        if limits:
            threshold, operator = limits.get(name, (float("nan"), ""))
            worst = f"{_WORDS[operator]} {page.number(threshold)}" if operator else "-"
            cells += [worst, "worse" if name in violated else "as good" if operator and cells[1] != "-" else "-"]
        rows.append(cells)
    heads = ["metric", "value", "standard deviation", *(["baseline", "compared"] if limits else [])]
    return page.table("Metrics, their spread by chance and the baseline's thresholds", heads, rows, (1, 2, 3))


def _confusion(matrix: Mapping[str, Mapping[str, int]]) -> str:
    labels = list(matrix)[:_MOST]
    rows = [(true, *(f"{matrix[true][label]:,}" for label in labels)) for true in labels]
    numeric = range(1, len(labels) + 1)
    left = len(matrix) - len(labels)
    more = f"<p>{left} more labels stand in statistics.json.</p>" if left else ""
    shown = page.table("True labels in rows, predicted ones in columns", ("true", *labels), rows, numeric)
    return f"<section><h2>Confusion matrix</h2>{shown}{more}</section>"
