# SPDX-License-Identifier: Apache-2.0
"""Checks of columns in a request against the header of the baseline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from orchestrator.csv_headers import Header
from orchestrator.errors import Problem
from orchestrator.problems import shortened

_LISTED_COLUMNS: Final = 50


def unknown(key: str, column: str | int, header: Header, what: str = "the baseline") -> Iterator[Problem]:
    """Yield a problem, which lists the columns, if a name or index is not one of them."""
    if isinstance(column, int):
        if not 0 <= column < len(header):
            yield Problem(key, f"{column} is no column: {what} has {len(header)}, and the first one is 0")
    elif column not in header:
        yield Problem(key, f"{shortened(column)} is no column of {what}, which has {listed(header)}")


def listed(header: Header) -> str:
    """Return the columns as part of a sentence, cut when there are very many."""
    rest = len(header) - _LISTED_COLUMNS
    return ", ".join(header[:_LISTED_COLUMNS]) + (f", ... and {rest} more" if rest > 0 else "")


def repeated(key: str, header: Header) -> Iterator[Problem]:
    """Yield a problem if several columns have the same name."""
    seen: Sequence[str] = sorted({name for name in header if header.count(name) > 1})
    if seen:
        yield Problem(key, f"has columns of the same name: {listed(tuple(seen))}; every column needs one of its own")
