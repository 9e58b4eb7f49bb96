# SPDX-License-Identifier: Apache-2.0
"""Counts of records that are alike, facet by facet: all that the metrics need, whatever the number of records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from monitor_engine.bias import measures
from monitor_engine.bias.configuration import Configuration, Facet, normal
from monitor_engine.bias.measures import Case, Values
from monitor_engine.data.payloads import UnreadableError
from monitor_engine.problems import EngineError

_MOST: Final = 5_000
"""Different cases of a facet."""
_SAMPLES: Final = 100
_NAMED: Final = 20
Key = tuple[str, Case]


@dataclass
class Tallies:
    """Counts by facet; a facet's value is its group d, or with values given `d` or `a`."""

    configuration: Configuration
    counts: dict[str, Counter[Key]] = field(default_factory=dict)
    records: int = 0
    guesses: set[str] = field(default_factory=set)
    """The first predicted labels that were met."""

    def add(self, cells: Mapping[str, str], label: str, predicted: str | bool | None) -> None:
        """Take a record, with its predicted label or whether that is positive. Raise UnreadableError, EngineError."""
        given = self.configuration
        label = normal(label)
        positive = given.positive.has(label)
        guess = given.positive.has(normal(predicted)) if isinstance(predicted, str) else predicted
        if isinstance(predicted, str) and len(self.guesses) < _NAMED:
            self.guesses.add(normal(predicted))
        shown = str(int(positive)) if given.positive.threshold is not None else label
        group = normal(_cell(cells, given.group)) if given.group else ""
        values = {facet.name: normal(_cell(cells, facet.name)) for facet in given.facets}
        for facet in given.facets:
            value, chosen = values[facet.name], facet.disfavoured
            is_d = False if chosen is None else chosen.has(value)
            found = self.counts.setdefault(facet.name, Counter())
            found[value if chosen is None else "", Case(is_d, group, shown, positive, guess)] += 1
            if len(found) > _MOST:
                raise EngineError(
                    f"{facet.name} has too many different values with {given.group or given.label}: name the values "
                    "or a threshold in facet_values_or_threshold, or take a column with fewer values"
                )
        self.records += 1

    def sides(self, facet: Facet) -> dict[str, dict[Case, int]]:
        """Return the cases of a facet for each of its values that is compared, under the name of the value."""
        found = self.counts.get(facet.name, Counter())
        if facet.disfavoured is not None:
            return {facet.disfavoured.text: {case: count for (_, case), count in found.items()}}
        values = sorted({value for value, _ in found})
        return {value: _against_all(found, value) for value in values}


def deviations(cases: Mapping[Case, int], has_predictions: bool) -> Values:
    """Return how much each metric varies by chance: its standard deviation over tables of as many records."""
    keys, counts = list(cases), np.array(list(cases.values()), dtype=np.float64)
    # The same tables every time: a second attempt of a run tells the same.
    random = np.random.default_rng(int(counts.sum()))
    drawn = random.multinomial(int(counts.sum()), counts / counts.sum(), size=_SAMPLES)
    samples: dict[str, list[float]] = {}
    for row in drawn:
        table = dict(zip(keys, row.tolist(), strict=True))
        values = measures.pre_training(table) | (measures.post_training(table) if has_predictions else {})
        for name, value in values.items():
            samples.setdefault(name, []).append(value)
    return {name: float(np.nanstd(values)) for name, values in samples.items() if np.isfinite(values).all()}


def _against_all(found: Mapping[Key, int], value: str) -> dict[Case, int]:
    cases: Counter[Case] = Counter()
    for (other, case), count in found.items():
        cases[case._replace(is_d=other == value)] += count
    return dict(cases)


def _cell(cells: Mapping[str, str], name: str) -> str:
    value = cells.get(name, "").strip()
    if not value:
        raise UnreadableError(f"it has no {name}")
    return value
