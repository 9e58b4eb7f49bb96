# SPDX-License-Identifier: Apache-2.0
"""A baseline of bias as a run needs it, read from analysis.json, ours or Clarify's.

https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-processing-job-analysis-results.html
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from monitor_engine.bias.configuration import Configuration, normal
from monitor_engine.bias.measures import PRE_TRAINING, Values
from monitor_engine.problems import EngineError

PARTS: Final = ("pre_training_bias_metrics", "post_training_bias_metrics")
Found = dict[tuple[str, str], Values]
"""Metrics by facet and value."""
_RANGE: Final = "("


@dataclass
class Baseline:
    """Metrics of trusted data."""

    limits: Found = field(default_factory=dict)
    thresholds: set[str] = field(default_factory=set)
    """Columns that it compares with a threshold."""
    label: str = ""
    positive: str = ""
    without_value: list[str] = field(default_factory=list)
    """Metrics that could not be computed for it."""

    def check(self, stated: Configuration) -> None:
        """Raise EngineError if it is of another label than the configuration."""
        named = f"{stated.label} of {stated.positive.text}"
        if self.label and (self.label, self.positive) != (stated.label, stated.positive.text):
            raise EngineError(
                f"the baseline is of the label {self.label} of {self.positive}, and analysis_config of {named}: "
                "compute the baseline again, or name its label"
            )

    def remarks(self, found: Found) -> list[str]:
        """Return what could not be compared, in words."""
        told = [f"no record has {facet} {value}" for facet, value in sorted(self.limits.keys() - found.keys())]
        new = [f"{facet} {value}" for facet, value in sorted(found.keys() - self.limits.keys())]
        told += [f"the baseline has no metrics of {', '.join(new[:5])}: not compared"] if new else []
        lost = _lacking(self.limits, found)
        told += [f"not computed by this engine, and so not compared: {', '.join(lost)}"] if lost else []
        names = {*self.without_value, *_lacking(found, self.limits)}
        if not any(values.keys() - set(PRE_TRAINING) for values in self.limits.values()):
            # The usual case of a baseline without predictions: one sentence, and not the names of a dozen metrics.
            names &= set(PRE_TRAINING)
            told.append("the baseline has no predictions: metrics of these were not compared")
        told += [f"without a value in the baseline, and so not compared: {', '.join(sorted(names))}"] if names else []
        empty = sorted({name for values in found.values() for name, number in values.items() if math.isnan(number)})
        told += [f"without a value in this run, and so not compared: {', '.join(empty)}"] if empty else []
        return told


def _lacking(some: Found, others: Found) -> list[str]:
    both = some.keys() & others.keys()
    return sorted({name for key in both for name in some[key].keys() - others[key].keys()})


def read(path: Path) -> Baseline:
    """Return the baseline in a file. Raise EngineError."""
    found = Baseline()
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8-sig"))
        for part in (document[name] for name in PARTS if document.get(name)):
            _take(found, part)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EngineError(
            f"{path.name} of the baseline is no bias analysis ({type(error).__name__}: {error}): compute it again"
        ) from error
    if not found.limits:
        raise EngineError(f"{path.name} of the baseline has no bias metrics: compute the baseline again")
    return found


def _take(found: Baseline, part: Mapping[str, Any]) -> None:
    found.label, positive = str(part["label"]), str(part["label_value_or_threshold"])
    found.positive = _plain(positive)
    if positive.startswith(_RANGE):
        found.thresholds.add(found.label)
    for facet, entries in part["facets"].items():
        for entry in entries:
            value = str(entry["value_or_threshold"])
            if value.startswith(_RANGE):
                found.thresholds.add(facet)
            limits = found.limits.setdefault((facet, _plain(value)), {})
            for name, number in _numbers(entry["metrics"]):
                if number is None:
                    # Clarify says why beside it, as in `"value": null, "error": "..."`.
                    found.without_value.append(name)
                else:
                    limits[name] = number


def _numbers(metrics: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, float | None]]:
    for one in metrics:
        value = one.get("value")
        number = math.nan if value is None else float(value)
        yield str(one["name"]), None if math.isnan(number) else number


def _plain(value: str) -> str:
    """A value as we write it. A threshold of Clarify's ends with the greatest value, which changes."""
    if value.startswith(_RANGE):
        return f"({float(value[1:].partition(',')[0]):g}, inf)"
    return ",".join(sorted(normal(one) for one in value.split(",")))
