# SPDX-License-Identifier: Apache-2.0
"""From model quality metrics of Model Monitor and Autopilot to groups of metrics.

    {"regression_metrics": {"rmse": {"value": 2.2, "standard_deviation": 0.04}, ...}}
    {"binary_classification_metrics": {"confusion_matrix": {"0": {"0": 1, "1": 2}, "1": {...}},
     "receiver_operating_characteristic_curve": {"false_positive_rates": [...], "true_positive_rates": [...]},
     "precision_recall_curve": {"precisions": [...], "recalls": [...]}, "auc": {"value": ...}, ...}}

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from orchestrator.model_cards.metrics.raw_metrics import Groups, UnexpectedMetricsError, is_computed, number, within

Metrics = Iterator[dict[str, Any]]
_CLASSIFICATIONS: Final = ("binary_classification_metrics", "multiclass_classification_metrics")


def regression(document: Mapping[str, Any]) -> Groups:
    """Return a single group of numbers."""
    metrics = within(document, "regression_metrics", dict, "the file")
    return [_group("regression_metrics", metrics, {})]


def classification(document: Mapping[str, Any]) -> Groups:
    """Return a group for each kind of classification: numbers, the confusion matrix, and curves."""
    found = [name for name in _CLASSIFICATIONS if isinstance(document.get(name), dict)]
    if not found:
        raise UnexpectedMetricsError(f"an object under the key {' or '.join(_CLASSIFICATIONS)}")
    return [_group(name, document[name], _SHAPES) for name in found]


def _group(
    name: str, metrics: Mapping[str, Any], shapes: Mapping[str, Callable[[str, Any], Metrics]]
) -> dict[str, Any]:
    read = [metric for key, raw in metrics.items() for metric in shapes.get(key, _number)(key, raw)]
    return {"name": name, "metric_data": read}


def _number(name: str, raw: Any) -> Metrics:
    if not (isinstance(raw, Mapping) and "value" in raw):
        raise UnexpectedMetricsError(f'an object with the key "value" under {name}')
    yield number(name, raw["value"])
    if is_computed(raw.get("standard_deviation")):
        yield number(f"{name} - standard_deviation", raw["standard_deviation"])


def _confusion_matrix(name: str, raw: Any) -> Metrics:
    """Yield the matrix: actual classes as rows, predicted ones as columns; a class missing in a row counts 0."""
    if not (isinstance(raw, Mapping) and raw and all(isinstance(row, Mapping) for row in raw.values())):
        raise UnexpectedMetricsError(f"an object of objects under {name}: counts by actual and predicted class")
    columns = list(dict.fromkeys(column for row in raw.values() for column in row))
    yield {
        "name": name,
        "type": "matrix",
        "value": [[row.get(column, 0) for column in columns] for row in raw.values()],
        "x_axis_name": list(raw),
        "y_axis_name": columns,
    }


def _curve(x_axis: str, y_axis: str) -> Callable[[str, Any], Metrics]:
    def read(name: str, raw: Any) -> Metrics:
        x_values, y_values = (within(raw, axis, list, name) for axis in (x_axis, y_axis))
        if len(x_values) != len(y_values):
            raise UnexpectedMetricsError(f"as many {x_axis} as {y_axis} under {name}")
        points = [list(point) for point in zip(x_values, y_values, strict=True) if all(map(is_computed, point))]
        if points:
            yield {
                "name": name,
                "type": "linear_graph",
                "value": points,
                "x_axis_name": x_axis,
                "y_axis_name": y_axis,
            }

    return read


_SHAPES: Final[dict[str, Callable[[str, Any], Metrics]]] = {
    "confusion_matrix": _confusion_matrix,
    "receiver_operating_characteristic_curve": _curve("false_positive_rates", "true_positive_rates"),
    "precision_recall_curve": _curve("recalls", "precisions"),
}
