# SPDX-License-Identifier: Apache-2.0
"""Model Monitor's constraints of model quality, and their check.

A metric is worse than its threshold when chance does not explain it: five samples of 80 % spread half as much as the
metric itself does, so eight of their standard deviations are four standard errors. Five samples tell their spread only
roughly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from monitor_engine.contract import BINARY, MULTICLASS, REGRESSION
from monitor_engine.results import Document, Violation

LESS: Final = "LessThanThreshold"
GREATER: Final = "GreaterThanThreshold"
METRICS: Final = {
    REGRESSION: "regression_metrics",
    BINARY: "binary_classification_metrics",
    MULTICLASS: "multiclass_classification_metrics",
}
"""Key of the metrics in statistics.json, by problem type."""
_CONSTRAINTS: Final = {problem: name.replace("_metrics", "_constraints") for problem, name in METRICS.items()}
_LOWER_IS_BETTER: Final = {"mae", "mse", "rmse", "false_positive_rate", "false_negative_rate"}
_CHANCE: Final = 8


def document(problem: str, metrics: Mapping[str, Any]) -> Document:
    """Return the content of constraints.json: each metric may become no worse."""
    found = {
        name: {"threshold": metric["value"], "comparison_operator": GREATER if name in _LOWER_IS_BETTER else LESS}
        for name, metric in metrics.items()
        if is_scalar(metric) and not name.endswith("_best_constant_classifier") and not math.isnan(metric["value"])
    }
    return {"version": 0.0, _CONSTRAINTS[problem]: found}


def is_scalar(metric: Any) -> bool:
    """Whether a metric is one value with its standard deviation, and no curve or table."""
    return isinstance(metric, Mapping) and metric.keys() == {"value", "standard_deviation"}


def thresholds(problem: str, constraints: Mapping[str, Any]) -> tuple[dict[str, tuple[float, str]], list[str]]:
    """Return threshold and comparison by metric, and what is wrong, in words.

    Raises KeyError, TypeError or AttributeError for a document that has none. A threshold that is no number, as of a
    metric that could not be computed, is left out; one may be written as text.
    """
    found, problems = {}, []
    for name, one in constraints[_CONSTRAINTS[problem]].items():
        stated, operator = one["threshold"], one.get("comparison_operator")
        try:
            threshold = math.nan if stated is None else float(stated)
        except (TypeError, ValueError):
            problems.append(f"the threshold of {name} is {stated!r}: give a number")
            continue
        if operator not in (LESS, GREATER):
            problems.append(f"comparison_operator of {name} is {operator!r}: give {LESS} or {GREATER}")
        elif math.isfinite(threshold):
            found[name] = threshold, str(operator)
    return found, problems


def not_compared(metrics: Mapping[str, Any], limits: Mapping[str, tuple[float, str]]) -> list[str]:
    """Return the metrics that have a threshold and no value."""
    return [name for name in limits if not is_scalar(metrics.get(name)) or math.isnan(metrics[name]["value"])]


def find(metrics: Mapping[str, Any], limits: Mapping[str, tuple[float, str]]) -> Iterator[Violation]:
    """Yield a violation for each metric that is worse than its threshold and not by chance."""
    for name, (threshold, operator) in limits.items():
        metric = metrics.get(name)
        if not is_scalar(metric) or metric is None or math.isnan(metric["value"]):
            continue
        value, deviation = metric["value"], metric["standard_deviation"]
        spread = 0.0 if math.isnan(deviation) else deviation
        worse = value - threshold if operator == GREATER else threshold - value
        if worse > _CHANCE * spread + 1e-12:
            shown = f"{value:.6g} +/- {spread:.3g}"
            description = f"Metric {name} with {shown} was {operator} '{threshold:.6g}'"
            brief = f"{value:.4g} {'>' if operator == GREATER else '<'} {threshold:.4g}"
            yield Violation(name, operator, description, (("metric_name", name),), brief)
