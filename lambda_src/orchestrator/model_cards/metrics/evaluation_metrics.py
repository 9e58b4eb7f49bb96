# SPDX-License-Identifier: Apache-2.0
"""Files with the metrics of an evaluation -> groups of metrics for a card (compatibility 5.1, pure).

Six kinds of files can be read, each by a function `document -> groups`:

    model_card_metric_schema                          the groups themselves
    clarify_bias, clarify_explainability              Clarify's analysis.json (clarify_metrics)
    regression, binary_, multiclass_classification    Model Monitor's and Autopilot's statistics (quality_metrics)

Metrics that were not computed (null or NaN) are left out, as is a matrix that is too large for a card. Long names are
shortened, with the whole name of a group in the notes of its metrics.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from orchestrator import problems
from orchestrator.model_cards.metrics import clarify_metrics, quality_metrics
from orchestrator.model_cards.metrics.metrics import LONGEST_MATRIX, LONGEST_TEXT, MetricGroups
from orchestrator.model_cards.metrics.raw_metrics import Groups, UnexpectedMetricsError, is_computed

_LONGEST_NAME: Final = 255
_LONGEST_NOTES: Final = 1024
_CUT: Final = "..."
_MOST_PROBLEMS: Final = 5
"""Problems listed for one file."""


@dataclass(frozen=True)
class Found:
    """The groups of a file in the form of a card's content, and warnings about metrics left out."""

    groups: Groups
    warnings: tuple[str, ...] = ()


def _groups_themselves(document: Mapping[str, Any]) -> Groups:
    if not isinstance(document.get("metric_groups"), list):
        raise UnexpectedMetricsError('a list under the key "metric_groups"')
    return list(document["metric_groups"])


_READERS: Final[dict[str, Callable[[Mapping[str, Any]], Groups]]] = {
    "clarify_bias": clarify_metrics.bias,
    "clarify_explainability": clarify_metrics.explainability,
    "regression": quality_metrics.regression,
    "binary_classification": quality_metrics.classification,
    "multiclass_classification": quality_metrics.classification,
}


def groups_of(metric_type: str, document: Any) -> Found:
    """Return the groups in a decoded file of one of the six types; raises `UnexpectedMetricsError`."""
    if not isinstance(document, Mapping):
        raise UnexpectedMetricsError("a JSON object")
    reader = _READERS.get(metric_type)
    if reader is None:
        return Found(_checked(_groups_themselves(document)))
    read = reader(document)
    kept = [{**group, "metric_data": [metric for metric in group["metric_data"] if _is_kept(metric)]} for group in read]
    left_out = [metric["name"] for group in read for metric in group["metric_data"] if not _is_kept(metric)]
    return Found(_checked([_fitting(group) for group in kept if group["metric_data"]]), tuple(_told(left_out)))


def _is_kept(metric: Mapping[str, Any]) -> bool:
    value = metric["value"]
    if metric["type"] == "matrix":
        return len(value) <= LONGEST_MATRIX and all(len(row) <= LONGEST_MATRIX for row in value)
    return is_computed(value) if metric["type"] == "number" else True


def _told(left_out: list[str]) -> Iterator[str]:
    if left_out:
        yield f"these metrics have no value that a card takes and are left out: {', '.join(left_out)}"


def _fitting(group: Mapping[str, Any]) -> dict[str, Any]:
    """Return a group with names shortened to the card's limits."""
    name = group["name"]
    title = name if len(name) <= LONGEST_TEXT else fitted(group.get("short", name), LONGEST_TEXT)
    notes = {} if title == name else {"notes": fitted(name, _LONGEST_NOTES)}
    return {"name": title, "metric_data": [_named(metric) | notes for metric in group["metric_data"]]}


def _named(metric: Mapping[str, Any]) -> dict[str, Any]:
    axes = {
        key: [fitted(str(each), LONGEST_TEXT) for each in value]
        if isinstance(value, list)
        else fitted(str(value), LONGEST_TEXT)
        for key, value in metric.items()
        if key.endswith("_axis_name")
    }
    return {**metric, "name": fitted(metric["name"], _LONGEST_NAME), **axes}


def fitted(text: str, longest: int) -> str:
    """Return a text as one line of at least one character, cut in its middle if it is too long."""
    line = " ".join(text.split()) or repr(text)
    if len(line) <= longest:
        return line
    room = longest - len(_CUT)
    tail = room // 2
    return f"{line[: room - tail]}{_CUT}{line[-tail:]}"


def _checked(groups: Groups) -> Groups:
    try:
        found = MetricGroups.model_validate({"metric_groups": groups})
    except ValidationError as error:
        listed = [str(problem) for problem in problems.from_validation(error, MetricGroups.model_fields)]
        more = f" (and {len(listed) - _MOST_PROBLEMS} more)" if len(listed) > _MOST_PROBLEMS else ""
        raise UnexpectedMetricsError(
            f"metrics that a card takes: {'; '.join(listed[:_MOST_PROBLEMS])}{more}"
        ) from error
    checked: Groups = found.model_dump(exclude_none=True)["metric_groups"]
    if not all(math.isfinite(number) for number in _numbers(checked)):
        raise UnexpectedMetricsError("finite numbers: NaN and Infinity are none")
    return checked


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, float):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _numbers(inner)
