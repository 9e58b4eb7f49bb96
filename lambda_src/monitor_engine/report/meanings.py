# SPDX-License-Identifier: Apache-2.0
"""What each type of violation means, for people who see its name for the first time."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

DISTANCE: Final = (
    "Distance: the largest difference between the distributions of baseline and window, from 0, where they are the "
    "same, to 1, where they have nothing in common. Above its threshold it is drift."
)
_MEANINGS: Final = {
    "data_type_check": "values are of another type than in the baseline: see what the callers of the endpoint send",
    "completeness_check": "more values are missing than in the baseline: find the source that has failed",
    "missing_column_check": "rows have fewer columns than the baseline: compare a capture with its columns",
    "extra_column_check": "rows have more columns than the baseline: compare a capture with its columns",
    "categorical_values_check": "there are values that the baseline does not have: a new case, or another spelling",
    "baseline_drift_check": "values are distributed otherwise than in the baseline: see the feature's drawing",
    "LessThanThreshold": "a metric is lower than in the baseline, and higher is better",
    "GreaterThanThreshold": "a metric is higher than in the baseline, and lower is better",
    "bias_drift_check": "groups are treated less evenly than in the baseline",
    "feature_attribution_drift_check": "features count in another order for the answers than in the baseline",
}


def of(checks: Iterable[str]) -> str:
    """Return paragraphs in HTML, one for each type of violation; nothing for types that are not known."""
    known = [check for check in dict.fromkeys(checks) if check in _MEANINGS]
    return "".join(f"<p>{escape(check)}: {escape(_MEANINGS[check])}.</p>" for check in known)
