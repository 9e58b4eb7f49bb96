# SPDX-License-Identifier: Apache-2.0
"""Columns of training data: their names, from the monitor's baseline, and which rows have them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from monitor_engine.bias import configuration
from monitor_engine.contract import Job
from monitor_engine.data import csv_files, tables
from monitor_engine.data.payloads import Row
from monitor_engine.problems import EngineError

_NAMED: Final = 5


@dataclass(frozen=True)
class Columns:
    """What the columns of a baseline are."""

    target: str
    features: tuple[str, ...]
    """In the order of the baseline; there may be none."""
    prediction: str = ""
    probability: str = ""
    """Empty where the baseline has no such column."""

    @property
    def answers(self) -> tuple[str, ...]:
        """Columns with what the model answered."""
        return tuple(filter(None, (self.prediction, self.probability)))


def of(job: Job) -> Columns:
    """Return the columns of the monitor's baseline. Raise EngineError."""
    if job.configuration is not None:
        stated = configuration.read(job.configuration)
        return Columns(stated.label, stated.features)
    wanted = job.training
    if wanted.baseline is None or not wanted.baseline.is_file():
        raise EngineError("there is no baseline at baseline_data, whose header would name the columns")
    header = csv_files.header_of(wanted.baseline)
    target = wanted.target or header[0]
    named = {"target_column": target, "prediction_column": wanted.prediction, "probability_column": wanted.probability}
    for variable, name in named.items():
        if name and name not in header:
            raise EngineError(f"{variable} is {name!r}, and the baseline has {', '.join(header)}")
    features = tuple(name for name in header if name not in named.values())
    return Columns(target, features, wanted.prediction, wanted.probability)


def asked(known: Columns, some: Sequence[Row]) -> tuple[tuple[str, ...], list[str]]:
    """Return the features in the order in which the endpoint is asked, by the first rows, and what is to be told.

    They have the names of the baseline's columns, if most rows have these. Else, as with a baseline of answers and
    labels alone, they have the names under which most rows were sent, or positions.
    """
    fitting = sum(cells(row, known.features) is not None for row in some)
    if fitting * 2 >= len(some) and (known.features or not some):
        return known.features, []
    shapes = Counter(tuple(row) if isinstance(row, dict) else tuple(tables.names(len(row))) for row in some)
    found = shapes.most_common(1)[0][0]
    if not known.features:
        return found, []
    others = ", ".join(known.features[:_NAMED])
    why = f"the baseline has other columns than what the endpoint is asked ({others})"
    return found, [f"{why}: the features are named {', '.join(found[:_NAMED])}"]


def cells(row: Row, features: Sequence[str]) -> list[str] | None:
    """Return the values of a row in the order of the features, an empty one as empty text; None if one is not there."""
    if isinstance(row, dict):
        if any(name not in row for name in features):
            return None
        return [row[name] or "" for name in features]
    return [value or "" for value in row] if len(row) == len(features) else None
