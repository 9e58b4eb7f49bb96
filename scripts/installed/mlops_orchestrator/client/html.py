# SPDX-License-Identifier: Apache-2.0
"""HTML of objects in a notebook. All text is escaped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Protocol

from mlops_orchestrator.errors import MlopsError


class Shown(Protocol):
    """What shows itself in a notebook."""

    def _repr_html_(self) -> str: ...


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], caption: str = "") -> str:
    """Return a table; without columns, the first cell of a row is its heading."""
    titled = f"<caption>{escape(caption)}</caption>" if caption else ""
    head = f"<thead><tr>{''.join(map(_heading, columns))}</tr></thead>" if columns else ""
    body = "".join(f"<tr>{_row(row, headed=not columns)}</tr>" for row in rows)
    return f"<table>{titled}{head}<tbody>{body}</tbody></table>"


def _row(row: Sequence[object], *, headed: bool) -> str:
    first = map(_heading if headed else _cell, row[:1])
    return "".join([*first, *map(_cell, row[1:])])


def _heading(text: object) -> str:
    return f"<th>{escape(str(text))}</th>"


def _cell(text: object) -> str:
    return f"<td>{escape(str(text))}</td>"


def shown(of: object, ask: Callable[[], Shown]) -> str:
    """Return what is asked for, or why there is nothing to show of an object: a notebook hides errors of a display."""
    try:
        return ask()._repr_html_()
    except MlopsError as error:
        return table((), [(repr(of), str(error))])
