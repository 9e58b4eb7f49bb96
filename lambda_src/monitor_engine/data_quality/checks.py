# SPDX-License-Identifier: Apache-2.0
"""Checks of a window against a baseline: columns, types, completeness, known values, drift.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-violations.html
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from monitor_engine.data.columns import FRACTIONAL, INTEGRAL, STRING, UNKNOWN
from monitor_engine.data_quality import distance
from monitor_engine.data_quality.baseline import Baseline, Feature
from monitor_engine.data_quality.distribution import Distribution
from monitor_engine.data_quality.profile import ColumnProfile, Profile
from monitor_engine.results import Violation

_CHI_SQUARED: Final = "ChiSquared"
_FITTING: Final = {INTEGRAL: (INTEGRAL,), FRACTIONAL: (INTEGRAL, FRACTIONAL)}


@dataclass(frozen=True)
class Drift:
    """How far a feature's distribution is from the baseline's."""

    feature: str
    value: float
    """A distance from 0 to 1, or a p-value."""
    threshold: float
    is_p_value: bool = False

    @property
    def is_violated(self) -> bool:
        """Whether it counts as drift: a distance above its threshold, a p-value below it."""
        return self.value < self.threshold if self.is_p_value else self.value > self.threshold

    @property
    def brief(self) -> str:
        """Value and threshold."""
        return f"{'p ' * self.is_p_value}{self.value:.4g} {'<' if self.is_p_value else '>'} {self.threshold:g}"

    @property
    def sentence(self) -> str:
        """What is found, in words."""
        if self.is_p_value:
            return f"Baseline drift p-value: {self.value:.4g} is below threshold: {self.threshold}"
        return f"Baseline drift distance: {self.value:.4g} exceeds threshold: {self.threshold}"


def drifts(profile: Profile, baseline: Baseline, method: str = "") -> list[Drift]:
    """Return the distance of each feature that has one; `method` replaces the baseline's for categories."""
    found = []
    for feature in baseline.features:
        column = profile.columns.get(feature.name)
        if column is not None and feature.distribution is not None:
            drift = _drift(feature, column, feature.distribution, method)
            if drift is not None and not math.isnan(drift.value):
                found.append(drift)
    return found


def find(profile: Profile, baseline: Baseline, found: Sequence[Drift], ignored: Sequence[str] = ()) -> list[Violation]:
    """Return all violations: of the columns, then of each feature in order. `ignored` features are left out."""
    if not baseline.settings.evaluates:
        return []
    drifted = {drift.feature: drift for drift in found if drift.is_violated}
    violations = list(_columns(profile, baseline))
    for position, feature in enumerate(baseline.features):
        if feature.name in ignored or str(position) in ignored or not feature.settings.evaluates:
            continue
        column = profile.columns.get(feature.name)
        if column is not None:
            violations += _feature(feature, column)
        if feature.name in drifted:
            drift = drifted[feature.name]
            violations.append(Violation(feature.name, "baseline_drift_check", drift.sentence, brief=drift.brief))
    return violations


def _drift(feature: Feature, column: ColumnProfile, before: Distribution, method: str) -> Drift | None:
    given = feature.settings
    if not given.compares:
        return None
    if feature.is_numeric:
        ranks = column.ranks
        if ranks is None or not ranks.count:
            return None
        measure = distance.bucketed if len(before.edges) else distance.simple
        value = measure(before.weights, ranks.below, ranks.at_most, ranks.count)
        value = distance.robust(value, before.count, ranks.count) if given.is_robust else value
        return Drift(feature.name, value, given.most)
    if feature.kind != STRING or not column.texts.total or not before.categories:
        return None
    threshold = given.categorical
    if (method == _CHI_SQUARED) if method else given.is_tested:
        return Drift(feature.name, distance.chi_squared(column.texts.counts, before.categories), threshold, True)
    totals = before.count, column.texts.total
    first, second = before.categories, column.texts.counts
    if not (before.is_whole and column.texts.is_whole):
        # Not every text was counted: only those that both have can be compared.
        both = first.keys() & second.keys()
        first, second = {text: first[text] for text in both}, {text: second[text] for text in both}
    value = distance.categorical(first, second, totals)
    return Drift(feature.name, distance.robust(value, *totals) if given.is_robust else value, threshold)


def _columns(profile: Profile, baseline: Baseline) -> Iterator[Violation]:
    expected = len(baseline.features)
    if not profile.widths:
        return
    for word, current in (("missing", min(profile.widths)), ("extra", max(profile.widths))):
        if (current < expected) if word == "missing" else (current > expected):
            yield Violation(
                f"{word.capitalize()} columns",
                f"{word}_column_check",
                f"There are {word} columns in current dataset. Number of columns in current dataset: {current}, "
                f"Number of columns in baseline constraints: {expected}",
                brief=f"{current} {'<' if current < expected else '>'} {expected}",
            )


def _feature(feature: Feature, column: ColumnProfile) -> Iterator[Violation]:
    yield from _types(feature, column)
    complete = column.present / column.rows if column.rows else 0.0
    if complete < feature.completeness:
        yield Violation(
            feature.name,
            "completeness_check",
            f"Data completeness requirement is not met. Expected completeness: {_percent(feature.completeness)}. "
            f"Observed: Only {_percent(complete)} of data is complete.",
            brief=f"{_percent(complete)} < {_percent(feature.completeness)}",
        )
    if feature.domain is not None and column.texts.total:
        known, threshold = column.known / column.texts.total, feature.settings.least_known
        if known < threshold:
            yield Violation(
                feature.name,
                "categorical_values_check",
                f"Categorical value requirement is not met. Expected match: {_percent(threshold)}. "
                f"Observed: Only {_percent(known)} of values are known from the baseline"
                f"{_examples(column, feature.domain)}.",
                brief=f"{_percent(known)} < {_percent(threshold)}",
            )


def _examples(column: ColumnProfile, domain: frozenset[str]) -> str:
    new = [text for text, _ in column.texts.most_frequent() if text not in domain][:3]
    return f"; new: {', '.join(repr(text[:40]) for text in new)}" if new else ""


def _types(feature: Feature, column: ColumnProfile) -> Iterator[Violation]:
    if feature.kind == UNKNOWN or not column.present:
        return
    fitting = _FITTING.get(feature.kind)
    matching = 1.0 if fitting is None else sum(column.counts[kind] for kind in fitting) / column.present
    threshold = feature.settings.least_of_type
    if matching < threshold:
        yield Violation(
            feature.name,
            "data_type_check",
            f"Data type match requirement is not met. Expected data type: {feature.kind}, Expected match: "
            f"{_percent(threshold)}. Observed: Only {_percent(matching)} of data is {feature.kind}.",
            brief=f"{_percent(matching)} < {_percent(threshold)}",
        )


def _percent(share: float) -> str:
    return f"{round(share * 100, 4)}%"
