# SPDX-License-Identifier: Apache-2.0
"""Remarks on a model's quality: what a person should know who reads the metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from monitor_engine.contract import BINARY, REGRESSION, Attributes
from monitor_engine.model_quality import constraints
from monitor_engine.model_quality.outcomes import Outcomes

_FEW: Final = 200
# Labels that are named.
_NAMED: Final = 5


def of(outcomes: Outcomes, given: Attributes) -> list[str]:
    """Return remarks on outcomes of a baseline or of a window."""
    found = []
    if outcomes.is_sample:
        found.append(f"the metrics are of a sample of {len(outcomes):,} of {outcomes.seen:,} records")
    if len(outcomes) < _FEW:
        records = "1 record is" if len(outcomes) == 1 else f"{len(outcomes)} records are"
        found.append(f"{records} too few for a standard deviation, so chance may look like a finding")
    if given.problem == REGRESSION:
        return found
    truths, guesses = outcomes.met("truth"), outcomes.met("predicted")
    if len(truths) == 1:
        found.append(f"every label is {next(iter(truths))!r}: what needs another one has no value")
    if guesses and not truths & guesses:
        found.append(f"no prediction is among the labels: {sides(outcomes)}; check inference_attribute")
    return found


def sides(outcomes: Outcomes) -> str:
    """Return the predictions and the labels that there are, in words."""
    truths, guesses = (sorted(outcomes.met(name))[:_NAMED] for name in ("truth", "predicted"))
    return f"predictions are {', '.join(map(repr, guesses))}, labels {', '.join(map(repr, truths))}"


def without_constraint(found: Mapping[str, Any]) -> list[str]:
    """Return which metrics of a baseline have no value, so that no run can be compared with them."""
    names = [name for name, one in found.items() if constraints.is_scalar(one) and math.isnan(one["value"])]
    return [f"without a value, and so without a constraint: {', '.join(names)}"] if names else []


def not_compared(found: Mapping[str, Any], limits: Mapping[str, tuple[float, str]]) -> list[str]:
    """Return which metrics have a threshold and no value in a run."""
    names = constraints.not_compared(found, limits)
    why = "without a value in this run, and so not compared with the baseline"
    return [f"{why}: {', '.join(names)}"] if names else []


def new_labels(outcomes: Outcomes, known: Sequence[str], given: Attributes) -> list[str]:
    """Return which labels the baseline does not have, and what became of their records."""
    new = [label for label in outcomes.labels if label not in known] if known else []
    what = (
        "records with labels that the baseline does not know were left out"
        if given.problem == BINARY
        else "there are labels that the baseline does not know"
    )
    return [f"{what}: {', '.join(new[:_NAMED])}"] if new else []
