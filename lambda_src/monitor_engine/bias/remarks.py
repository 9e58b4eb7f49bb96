# SPDX-License-Identifier: Apache-2.0
"""Remarks on the records of a bias analysis: why a metric may have no value, or a meaningless one."""

from __future__ import annotations

from monitor_engine.bias.tallies import Tallies


def of(counted: Tallies) -> list[str]:
    """Return what a person should know who reads the metrics."""
    return [*_groups(counted), *_labels(counted)]


def _groups(counted: Tallies) -> list[str]:
    found = []
    for facet in counted.configuration.facets:
        for value, cases in counted.sides(facet).items():
            sides = {case.is_d for case in cases}
            if len(sides) == 1:
                which = "every" if True in sides else "no"
                found.append(f"{which} record has {facet.name} {value}: there are no two groups to compare")
    return found


def _labels(counted: Tallies) -> list[str]:
    stated, found = counted.configuration, []
    cases = [case for of_facet in counted.counts.values() for _, case in of_facet]
    positive = f"{stated.label} {stated.positive.text}"
    sides = {case.is_positive for case in cases}
    if sides == {False}:
        found.append(f"no label is the positive one, {positive}: check label_values_or_threshold")
    if sides == {True}:
        found.append(f"every label is the positive one, {positive}, so metrics that need another have no value")
    labels = {case.label for case in cases}
    if (
        stated.positive.threshold is None
        and counted.guesses
        and not counted.guesses & (labels | stated.positive.values)
    ):
        guesses, known = (", ".join(map(repr, sorted(some)[:5])) for some in (counted.guesses, labels))
        found.append(
            f"no prediction is among the labels: predictions are {guesses}, labels {known}; check inference_attribute"
        )
    return found
