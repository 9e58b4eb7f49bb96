# SPDX-License-Identifier: Apache-2.0
"""The page of a report: what was found on top, then section by section. One file, no script, readable in print."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

from monitor_engine.report import meanings
from monitor_engine.results import Violation

LARGEST: Final = 195_000
"""Bytes of a file, about."""
# Violations that are shown; all of them stand in the file.
_MOST: Final = 150
_LONGEST: Final = 240
# Colours have a contrast of 4.5 and more to white and to black, or are borders beside text.
_STYLE: Final = """
:root{color-scheme:light dark;--b:#44546a;--w:#c2410c;--l:#767676}
@media(prefers-color-scheme:dark){:root{--b:#b8c4d4;--w:#fb923c;--l:#9a9a9a}}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.25rem;margin-top:2rem}h3{font-size:1rem;margin:1.5rem 0 .25rem}
h1,h3,p,caption{overflow-wrap:anywhere}th,td{overflow-wrap:break-word;max-width:24rem}
table{border-collapse:collapse;margin:.5rem 0;min-width:20rem}
caption{text-align:left;font-weight:600;padding:.25rem 0}
th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--l);vertical-align:top}
td.n,.f td:nth-child(n+4){text-align:right;font-variant-numeric:tabular-nums}
.found{border-left:.4rem solid #c33;padding-left:1rem}.good{border-left:.4rem solid #2a7;padding-left:1rem}
svg{overflow:visible}svg path,polyline{vector-effect:non-scaling-stroke}
.b{fill:none;stroke:var(--b);stroke-width:2}.w{fill:var(--w)}.a{fill:none;stroke:var(--l)}
polyline{fill:none;stroke:var(--w);stroke-width:2}
.h{width:18rem;height:6rem}td .h{width:6rem;height:2rem}.s{width:6rem;height:1rem}.c{width:16rem}.k{width:.8rem}
section,tr{break-inside:avoid}thead{display:table-header-group}
@media print{:root{color-scheme:light;--b:#44546a;--w:#c2410c;--l:#767676}body{max-width:none;margin:0;font-size:12px}
path{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""


@dataclass(frozen=True)
class Page:
    """What a report says."""

    title: str
    facts: Sequence[tuple[str, str]]
    """Names and values for the head of the page."""
    violations: Sequence[Violation] = ()
    remarks: Sequence[str] = ()
    is_run: bool = True
    """Whether something was compared; a baseline has no violations to tell of."""
    sections: Sequence[str] = field(default_factory=tuple)
    """HTML."""


class Html(str):
    """A cell that is HTML already."""


def html(page: Page) -> str:
    """Return the file. Sections for which there is no room are left out, and that is said."""
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(page.title)}</title><style>{_STYLE}</style></head><body><main>"
    )
    parts = [head, f"<h1>{escape(shortened(page.title))}</h1>", _found(page) if page.is_run else ""]
    parts += [*(f"<p>{escape(shortened(f'{remark}.'))}</p>" for remark in page.remarks), _facts(page)]
    used = sum(map(size, parts))
    for section in page.sections:
        used += size(section)
        if used > LARGEST:
            parts.append("<p>There is more than a page has room for: the files beside this one have the rest.</p>")
            break
        parts.append(section)
    return f"{''.join(parts)}</main></body></html>\n"


def room(page: Page) -> int:
    """Return how many bytes there are for the sections of a page."""
    return LARGEST - size(html(page))


def size(text: str) -> int:
    """Return the bytes of a text."""
    return len(text.encode())


def table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], numeric: Sequence[int] = (), kind: str = ""
) -> str:
    """Return a table; the first cell of a row is its head, `numeric` are the positions of numbers.

    `kind` is a class of the style, for tables of many rows: it costs less than a class for each cell.
    """
    head = "".join(f'<th scope="col">{escape(shortened(name))}</th>' for name in heads)
    lines = "".join(row(cells, numeric) for cells in rows)
    title = f"<caption>{escape(shortened(caption))}</caption>"
    named = f" class={kind}" if kind else ""
    return f"<table{named}>{title}<thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"


def row(cells: Sequence[str], numeric: Sequence[int] = ()) -> str:
    """Return a row of a table."""
    found = [f'<th scope="row">{_cell(cells[0])}</th>']
    for position, cell in enumerate(cells[1:], 1):
        found.append(f"<td{' class=n' if position in numeric else ''}>{_cell(cell)}</td>")
    return f"<tr>{''.join(found)}</tr>"


def number(value: float) -> str:
    """Return a number as people read it; a dash for one that is none."""
    if math.isnan(value):
        return "-"
    return f"{value:,.4g}" if abs(value) < 1e6 else f"{value:.4g}"


def shortened(text: str, longest: int = _LONGEST) -> str:
    """Return a text that fits into a cell."""
    return text if len(text) <= longest else f"{text[:longest]}…"


def _cell(text: str) -> str:
    return text if isinstance(text, Html) else escape(shortened(text))


def _facts(page: Page) -> str:
    rows = [fact for fact in page.facts if fact[1]]
    what = "What was looked at" if page.is_run else "What this is of"
    return table(what, ("what", "value"), rows) if rows else ""


def _found(page: Page) -> str:
    if not page.violations:
        return '<div class="good"><h2>No violations</h2></div>'
    shown = [(one.feature, one.check, one.description) for one in page.violations[:_MOST]]
    left = len(page.violations) - len(shown)
    more = f"<p>{left} more stand in constraint_violations.json.</p>" if left else ""
    word = "violation" if len(page.violations) == 1 else "violations"
    meaning = meanings.of(one.check for one in page.violations)
    found = table("What does not meet the baseline", ("feature", "check", "what was found"), shown)
    return f'<div class="found"><h2>{len(page.violations)} {word}</h2>{found}{more}{meaning}</div>'
