# SPDX-License-Identifier: Apache-2.0
"""A column of a table: which values are numbers, which are text, and how many are missing.

Types are told by the text of each value, as deequ does, on which Model Monitor's container is built: `1` is integral,
`1.0` is fractional, everything else is a string. So neither the order nor the grouping of rows has a say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

Numbers = npt.NDArray[np.float64]
INTEGRAL: Final = "Integral"
FRACTIONAL: Final = "Fractional"
STRING: Final = "String"
UNKNOWN: Final = "Unknown"
NUMERIC: Final = (INTEGRAL, FRACTIONAL)
_INTEGRAL_TEXT: Final = re.compile(r"\s*[+-]?\d+\s*", re.ASCII)
_FRACTIONAL_TEXT: Final = re.compile(r"\s*[+-]?(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][+-]?\d+)?\s*", re.ASCII)
# A number with this many digits or more is infinite as a float.
_MOST_DIGITS: Final = 300


@dataclass(frozen=True)
class Column:
    """Values of one column of some rows."""

    missing: int
    counts: Mapping[str, int]
    """Present values by their type: Integral, Fractional, String."""
    numbers: Numbers
    """Those that are numbers, sorted."""
    texts: Mapping[str, int] = field(default_factory=dict)
    """How often each text occurs: of all values if any is a string or text was asked for, else nothing."""

    @property
    def present(self) -> int:
        """How many values there are."""
        return sum(self.counts.values())


def kind_of(text: str) -> str:
    """Return the type of one value: Integral, Fractional or String."""
    if len(text) < _MOST_DIGITS:
        if _INTEGRAL_TEXT.fullmatch(text):
            return INTEGRAL
        if _FRACTIONAL_TEXT.fullmatch(text) and np.isfinite(float(text)):
            return FRACTIONAL
    return STRING


def narrowest(counts: Mapping[str, int]) -> str:
    """Return the narrowest type that holds every value; Unknown if there is none."""
    return next((kind for kind in (STRING, FRACTIONAL, INTEGRAL) if counts.get(kind)), UNKNOWN)


def of_numbers(numbers: Numbers, fractional: int, missing: int) -> Column:
    """Return a column whose present values are numbers, so many of them written with a point or an exponent."""
    counts = {INTEGRAL: len(numbers) - fractional, FRACTIONAL: fractional}
    return Column(missing, counts, np.sort(numbers))


def of_texts(values: npt.NDArray[Any], keep: bool) -> Column:
    """Return a column for an array of texts, in which None and the empty text are missing."""
    codes, uniques = pd.factorize(values)
    how_often = np.bincount(codes[codes >= 0], minlength=len(uniques)).tolist()
    texts = {str(text): count for text, count in zip(uniques, how_often, strict=True) if text != ""}
    counts = dict.fromkeys((INTEGRAL, FRACTIONAL, STRING), 0)
    numbers, weights = [], []
    for text, count in texts.items():
        kind = kind_of(text)
        counts[kind] += count
        if kind != STRING:
            numbers.append(float(text))
            weights.append(count)
    repeated = np.repeat(np.array(numbers, dtype=np.float64), np.array(weights, dtype=np.int64))
    kept = texts if keep or counts[STRING] else {}
    return Column(len(values) - sum(counts.values()), counts, np.sort(repeated), kept)
