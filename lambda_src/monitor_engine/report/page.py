# SPDX-License-Identifier: Apache-2.0
"""The page of a report: what was found on top, then section by section. One file, no script, readable in print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

from monitor_engine.results import Violation

# Violations that are shown; all of them stand in the file.
_MOST: Final = 200
_LONGEST: Final = 300
_STYLE: Final = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.25rem;margin-top:2rem}h3{font-size:1rem;margin:1.5rem 0 .25rem}
table{border-collapse:collapse;margin:.5rem 0}
caption{text-align:left;font-weight:600;padding:.25rem 0}
th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #8886;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}
.found{border-left:.4rem solid #c33;padding-left:1rem}.good{border-left:.4rem solid #2a7;padding-left:1rem}
.b{fill:#7a8896}.w{fill:#d9730d}.a{fill:none;stroke:#888}.c{fill:none;stroke:#d9730d;stroke-width:2}
section{break-inside:avoid}
@media print{body{max-width:none;margin:0}}
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


def html(page: Page) -> str:
    """Return the file."""
    remarks = "".join(f"<p>{escape(remark)}.</p>" for remark in page.remarks)
    body = [f"<h1>{escape(page.title)}</h1>", _facts(page.facts), _found(page) if page.is_run else "", remarks]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(page.title)}</title><style>{_STYLE}</style></head>"
        f"<body><main>{''.join(body)}{''.join(page.sections)}</main></body></html>\n"
    )


def table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[int] = ()) -> str:
    """Return a table; the first cell of a row is its head, `numeric` are the positions of numbers."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    lines = []
    for row in rows:
        cells = [f'<th scope="row">{escape(shortened(row[0]))}</th>']
        for position, cell in enumerate(row[1:], 1):
            cells.append(f"<td{' class=n' if position in numeric else ''}>{escape(shortened(cell))}</td>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def number(value: float) -> str:
    """Return a number as people read it."""
    return f"{value:,.4g}" if abs(value) < 1e6 else f"{value:.4g}"


def _facts(facts: Sequence[tuple[str, str]]) -> str:
    rows = [f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in facts if value]
    return f"<table><tbody>{''.join(rows)}</tbody></table>" if rows else ""


def _found(page: Page) -> str:
    if not page.violations:
        return '<div class="good"><h2>No violations</h2></div>'
    shown = [(one.feature, one.check, one.description) for one in page.violations[:_MOST]]
    left = len(page.violations) - len(shown)
    more = f"<p>{left} more stand in constraint_violations.json.</p>" if left else ""
    word = "violation" if len(page.violations) == 1 else "violations"
    found = table("", ("feature", "check", "what was found"), shown)
    return f'<div class="found"><h2>{len(page.violations)} {word}</h2>{found}{more}</div>'


def shortened(text: str) -> str:
    """Return a text that fits into a cell."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
