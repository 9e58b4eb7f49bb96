# SPDX-License-Identifier: Apache-2.0
"""Tables as Model Monitor reads them: every cell is text or missing, every column has one inferred type.

On AWS, types are inferred by deequ, on which the container is built:
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-create-baseline.html
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import pandas as pd

INTEGRAL, FRACTIONAL, STRING, UNKNOWN = "Integral", "Fractional", "String", "Unknown"
_INTEGRAL_TEXT = r"\s*[+-]?\d+\s*"
_FRACTIONAL_TEXT = r"\s*[+-]?(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][+-]?\d+)?\s*"
# Matched in this order; everything else is a string.
_TEXTS = ((INTEGRAL, _INTEGRAL_TEXT), (FRACTIONAL, _FRACTIONAL_TEXT))


class DatasetError(Exception):
    """Raised for a data set that cannot be read; the message gives the reason."""


def column_names(count: int, known: Sequence[str] = ()) -> list[str]:
    """Return names for columns without header: the known ones by position, then the container's `_c<position>`."""
    return [known[position] if position < len(known) else f"_c{position}" for position in range(count)]


def read_csv(content: bytes, has_header: bool) -> pd.DataFrame:
    """Parse a CSV file in UTF-8, with or without a byte-order mark. Empty cells and short rows count as missing.

    Raises DatasetError.
    """
    try:
        lines = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        rows = [row for row in lines if row]
    except UnicodeDecodeError as error:
        raise DatasetError(f"the file is not UTF-8: {error.reason} at byte {error.start}") from error
    except csv.Error as error:
        raise DatasetError(f"the file is not CSV: {error}") from error
    header = rows.pop(0) if has_header and rows else column_names(max((len(row) for row in rows), default=0))
    return table(rows, header)


def table(rows: Iterable[Sequence[str]], header: Sequence[str]) -> pd.DataFrame:
    """Return rows of text below a header. Raise DatasetError if a row is longer than it, or a name is not unique."""
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise DatasetError(f"the column {repeated[0]!r} is named more than once")
    filled = []
    for number, row in enumerate(rows, 1):
        if len(row) > len(header):
            raise DatasetError(f"row {number} has {len(row)} values for {len(header)} columns")
        filled.append([*row, *[""] * (len(header) - len(row))])
    whole = pd.DataFrame(filled, columns=list(header), dtype=object)
    return whole.mask(whole == "", None)


def value_types(column: pd.Series) -> pd.Series:
    """Return the type of each present value: Integral, Fractional or String."""
    present = column.dropna().astype(str)
    types = pd.Series(STRING, index=present.index, dtype=object)
    for kind, pattern in _TEXTS:
        types = types.mask(present.str.fullmatch(pattern), kind)
    return types


def inferred_type(column: pd.Series) -> str:
    """Return the narrowest type that holds every value; Unknown for a column without values."""
    found = set(value_types(column))
    return next((kind for kind in (STRING, FRACTIONAL, INTEGRAL) if kind in found), UNKNOWN)
