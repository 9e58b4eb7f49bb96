# SPDX-License-Identifier: Apache-2.0
"""Tables of bounded size, made of lines of CSV or of rows of texts.

Lines without quotes go to pandas in one piece: numbers are the main case, and a window has millions of them.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor_engine.data import columns
from monitor_engine.data.columns import Column

Cells = list[str | None]
ROWS: Final = 20_000
"""Rows of a table at most."""
# Below one row in so many, lines are split for one column alone.
_FEW: Final = 100
# Numbers are to be the same wherever they are read, in CSV, in JSON or in a baseline's statistics. Newer versions of
# pandas read them so by themselves.
_EXACT: Final[dict[str, Any]] = {"float_precision": "round_trip"} if pd.__version__ < "3" else {}


@dataclass(frozen=True)
class Table:
    """Some rows, by column."""

    rows: int
    columns: dict[str, Column]
    widths: dict[int, int]
    """How many rows have so many values."""


def names(count: int, known: Sequence[str] = ()) -> list[str]:
    """Return names for columns without header: the known ones by position, then Model Monitor's `_c<position>`."""
    return [known[position] if position < len(known) else f"_c{position}" for position in range(count)]


def split(line: str) -> Cells:
    """Return the cells of one line of CSV."""
    if '"' not in line:
        return list(line.split(","))
    return list(next(csv.reader(io.StringIO(line, newline=""))))


def of_lines(lines: list[str], known: Sequence[str], as_text: frozenset[str]) -> Table:
    """Return a table of lines of CSV without quotes. Lines that are shorter than others lack their last values."""
    commas = [line.count(",") for line in lines]
    most = max(commas)
    header = names(most + 1, known)
    if min(commas) != most:
        lines = [line + "," * (most - count) for line, count in zip(lines, commas, strict=True)]
    frame = pd.read_csv(
        io.StringIO("\n".join(lines)),
        header=None,
        names=range(most + 1),
        dtype={position: str for position, name in enumerate(header) if name in as_text},
        keep_default_na=False,
        na_values=[""],
        skip_blank_lines=False,
        low_memory=False,
        quoting=csv.QUOTE_NONE,
        **_EXACT,
    )
    widths = {count + 1: number for count, number in Counter(commas).items()}
    return Table(len(lines), _columns(frame, header, lines, as_text), widths)


def of_cells(rows: Sequence[Cells], known: Sequence[str], as_text: frozenset[str]) -> Table:
    """Return a table of rows of texts; None is missing."""
    most = max(map(len, rows))
    header = names(most, known)
    found = {}
    for position, name in enumerate(header):
        values = np.array([row[position] if position < len(row) else None for row in rows], dtype=object)
        found[name] = columns.of_texts(values, name in as_text)
    return Table(len(rows), found, dict(Counter(map(len, rows))))


def _columns(frame: Any, header: Sequence[str], lines: list[str], as_text: frozenset[str]) -> dict[str, Column]:
    texts = _Texts(lines)
    found = {}
    for position, name in enumerate(header):
        values = frame[position]
        if values.dtype.kind in "iu":
            found[name] = columns.of_numbers(values.to_numpy(np.float64), 0, 0)
        elif values.dtype.kind == "f":
            found[name] = _floats(values.to_numpy(np.float64), position, texts, name in as_text)
        elif values.dtype.kind == "b":
            # pandas takes true and false for values of their own; here they are texts as written.
            found[name] = columns.of_texts(texts.column(position), name in as_text)
        else:
            objects = values.astype(object)
            found[name] = columns.of_texts(objects.where(objects.notna(), None).to_numpy(object), name in as_text)
    return found


def _floats(values: npt.NDArray[np.float64], position: int, texts: _Texts, keep: bool) -> Column:
    if np.isinf(values).any():
        return columns.of_texts(texts.column(position), keep)
    known = ~np.isnan(values)
    numbers = values[known]
    # Whether a whole number is integral is seen in its text alone.
    whole = known & (values == np.floor(values))
    written: Iterable[str] = texts.column(position, whole) if whole.any() else ()
    integral = sum(columns.kind_of(text) == columns.INTEGRAL for text in written)
    return columns.of_numbers(numbers, len(numbers) - integral, len(values) - len(numbers))


class _Texts:
    """Cells of the lines as written, split when they are needed."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._split: list[list[str]] | None = None

    def column(self, position: int, rows: npt.NDArray[np.bool_] | None = None) -> npt.NDArray[Any]:
        """Return the texts of one column, of all rows or of some of them."""
        if self._split is None and rows is not None and rows.sum() * _FEW < len(rows):
            # Numbers such as 1.0000 stand among others in nearly every column: a few lines are split for them alone.
            few = [line.split(",", position + 1)[position] for line in compress(self._lines, rows)]
            return np.array(few, dtype=object)
        if self._split is None:
            self._split = [line.split(",") for line in self._lines]
        chosen = self._split if rows is None else compress(self._split, rows)
        return np.array([cells[position] for cells in chosen], dtype=object)
