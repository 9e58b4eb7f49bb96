# SPDX-License-Identifier: Apache-2.0
"""Bias metrics of one facet, by AWS's documented formulas: a is the favoured group, d the other one.

https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-measure-data-bias.html
https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-measure-post-training-bias.html
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

Values = dict[str, float]


class Case(NamedTuple):
    """Records that are alike in what the metrics look at."""

    is_d: bool
    group: str
    """Value of the group variable; empty without one."""
    label: str
    """The observed label."""
    is_positive: bool
    predicted: bool | None
    """Whether the predicted label is the positive one; None without predictions."""


DESCRIPTIONS: Final = {
    "CI": "Class Imbalance (CI)",
    "DPL": "Difference in Positive Proportions in Labels (DPL)",
    "KL": "Kullback-Leibler Divergence (KL)",
    "JS": "Jensen-Shannon Divergence (JS)",
    "LP": "L-p Norm (LP)",
    "TVD": "Total Variation Distance (TVD)",
    "KS": "Kolmogorov-Smirnov Distance (KS)",
    "CDDL": "Conditional Demographic Disparity in Labels (CDDL)",
    "DPPL": "Difference in Positive Proportions in Predicted Labels (DPPL)",
    "DI": "Disparate Impact (DI)",
    "DCA": "Difference in Conditional Acceptance (DCA)",
    "DCR": "Difference in Conditional Rejection (DCR)",
    "RD": "Recall Difference (RD)",
    "SD": "Specificity Difference (SD)",
    "DAR": "Difference in Acceptance Rates (DAR)",
    "DRR": "Difference in Rejection Rates (DRR)",
    "AD": "Accuracy Difference (AD)",
    "TE": "Treatment Equality (TE)",
    "CDDPL": "Conditional Demographic Disparity in Predicted Labels (CDDPL)",
    "GE": "Generalized Entropy (GE)",
}
PRE_TRAINING: Final = ("CI", "DPL", "KL", "JS", "LP", "TVD", "KS", "CDDL")
NEUTRAL: Final = {"DI": 1.0}
"""The value of an even treatment, where it is not 0."""


@dataclass(frozen=True)
class _Confusion:
    tp: float
    fp: float
    fn: float
    tn: float

    @property
    def size(self) -> float:
        return self.tp + self.fp + self.fn + self.tn


def pre_training(cases: Mapping[Case, float]) -> Values:
    """Return the metrics of observed labels."""
    n_a, n_d = (_total(cases, is_d=side) for side in (False, True))
    q_a, q_d = (
        _ratio(_total(cases, is_d=side, is_positive=True), total) for side, total in ((False, n_a), (True, n_d))
    )
    shares = _label_shares(cases, n_a, n_d)
    middle = [((a + d) / 2) for a, d in shares]
    differences = [abs(a - d) for a, d in shares]
    found = {
        "CI": _ratio(n_a - n_d, n_a + n_d),
        "DPL": q_a - q_d,
        "KL": _divergence(shares),
        "JS": (
            _divergence((a, m) for (a, _), m in zip(shares, middle, strict=True))
            + _divergence((d, m) for (_, d), m in zip(shares, middle, strict=True))
        )
        / 2,
        "LP": math.sqrt(sum(difference**2 for difference in differences)),
        "TVD": sum(differences) / 2,
        "KS": max(differences, default=math.nan),
    }
    return found | _disparity("CDDL", cases, predicted=False)


def post_training(cases: Mapping[Case, float]) -> Values:
    """Return the metrics of predicted labels; none if there are no predictions."""
    if any(case.predicted is None for case in cases):
        return {}
    a, d = (_confusion(cases, side) for side in (False, True))
    found = {
        "DPPL": _ratio(a.tp + a.fp, a.size) - _ratio(d.tp + d.fp, d.size),
        "DI": _ratio(_ratio(d.tp + d.fp, d.size), _ratio(a.tp + a.fp, a.size)),
        "DCA": _ratio(a.tp + a.fn, a.tp + a.fp) - _ratio(d.tp + d.fn, d.tp + d.fp),
        "DCR": _ratio(d.tn + d.fp, d.tn + d.fn) - _ratio(a.tn + a.fp, a.tn + a.fn),
        "RD": _ratio(a.tp, a.tp + a.fn) - _ratio(d.tp, d.tp + d.fn),
        "SD": _ratio(d.tn, d.tn + d.fp) - _ratio(a.tn, a.tn + a.fp),
        "DAR": _ratio(a.tp, a.tp + a.fp) - _ratio(d.tp, d.tp + d.fp),
        "DRR": _ratio(d.tn, d.tn + d.fn) - _ratio(a.tn, a.tn + a.fn),
        "AD": _ratio(a.tp + a.tn, a.size) - _ratio(d.tp + d.tn, d.size),
        "TE": _ratio(a.fp, a.fn) - _ratio(d.fp, d.fn),
        "GE": _entropy(a, d),
    }
    return found | _disparity("CDDPL", cases, predicted=True)


def _total(cases: Mapping[Case, float], *, is_d: bool, is_positive: bool | None = None) -> float:
    return sum(
        count
        for case, count in cases.items()
        if case.is_d is is_d and (is_positive is None or case.is_positive is is_positive)
    )


def _label_shares(cases: Mapping[Case, float], n_a: float, n_d: float) -> list[tuple[float, float]]:
    counts: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for case, count in cases.items():
        counts[case.label][case.is_d] += count
    return [(_ratio(a, n_a), _ratio(d, n_d)) for a, d in counts.values()]


def _divergence(shares: Iterable[tuple[float, float]]) -> float:
    found = 0.0
    for first, second in shares:
        if first > 0:
            found += first * math.log(first / second) if second > 0 else math.inf
    return found


def _confusion(cases: Mapping[Case, float], is_d: bool) -> _Confusion:
    counts: dict[tuple[bool, bool], float] = defaultdict(float)
    for case, count in cases.items():
        if case.is_d is is_d:
            counts[case.is_positive, bool(case.predicted)] += count
    return _Confusion(counts[True, True], counts[False, True], counts[True, False], counts[False, False])


def _entropy(a: _Confusion, d: _Confusion) -> float:
    """With the benefit of 2 for a false positive, 0 for a false negative, 1 otherwise, and alpha of 2."""
    size, twice, none = a.size + d.size, a.fp + d.fp, a.fn + d.fn
    mean = _ratio(twice * 2 + (size - twice - none), size)
    return _ratio(_ratio(twice * 4 + (size - twice - none), size), mean**2) / 2 - 0.5 if mean else math.nan


def _disparity(name: str, cases: Mapping[Case, float], predicted: bool) -> Values:
    """The demographic disparity in each group of the group variable, weighted by its size; nothing without one."""
    if not any(case.group for case in cases):
        return {}
    counts: dict[str, dict[tuple[bool, bool], float]] = defaultdict(lambda: defaultdict(float))
    for case, count in cases.items():
        counts[case.group][case.is_d, bool(case.predicted) if predicted else case.is_positive] += count
    weighted = size = 0.0
    for group in counts.values():
        of_group = sum(group.values())
        rejected = _ratio(group[True, False], group[True, False] + group[False, False])
        accepted = _ratio(group[True, True], group[True, True] + group[False, True])
        if not (math.isnan(rejected) or math.isnan(accepted)):
            weighted, size = weighted + of_group * (rejected - accepted), size + of_group
    return {name: _ratio(weighted, size)}


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
