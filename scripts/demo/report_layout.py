# SPDX-License-Identifier: Apache-2.0
"""Layout of a report's blocks as one SVG, as a browser would set them in a window of fixed size."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from scripts.demo.report_blocks import Block, Drawing, Table, Text

_WIDTH: Final = 860
_TALLEST: Final = 1150
_MARGIN: Final = 28
_SIZES: Final = {"h1": 24, "h2": 19, "h3": 16}
_BODY: Final = 15
_BEFORE: Final = {"h1": 8, "h2": 22, "h3": 18}
# Width of a letter by the size of its font, on average.
_LETTER: Final = 0.54
_LINE: Final = 1.45
_BETWEEN_COLUMNS: Final = 22
_INDENT: Final = 16
_STYLE: Final = (
    "text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;fill:#1a1a1a;font-size:15px}"
    "text.head{font-weight:600}path.rule{stroke:#ccc}"
)


def svg(blocks: Sequence[Block], title: str, colours: str = "") -> str:
    """Return as many blocks as the window has room for; `colours` are the rules for the drawings' classes."""
    markup, height = [], float(_MARGIN)
    for block in blocks:
        before = _BEFORE.get(block.tag, 6) if isinstance(block, Text) else 8
        lines, own = _drawn(block, height + before)
        if height + before + own > _TALLEST:
            break
        markup += lines
        if block.bar:
            markup.append(
                f'<rect x="{_MARGIN}" y="{height:.0f}" width="5" height="{before + own:.0f}" fill="{block.bar}"/>'
            )
        height += before + own
    size = f'width="{_WIDTH}" height="{height + _MARGIN:.0f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size} viewBox="0 0 {_WIDTH} {height + _MARGIN:.0f}">'
        f"<title>{escape(title)}</title><style>{_STYLE}{escape(colours)}</style>"
        f'<rect {size} fill="#fff" stroke="#ccc"/>\n' + "\n".join(markup) + "\n</svg>\n"
    )


def _drawn(block: Block, top: float) -> tuple[list[str], float]:
    """Return a block's markup, and its height."""
    left = _MARGIN + (_INDENT if block.bar else 0)
    if isinstance(block, Drawing):
        placed = block.markup.replace("<svg", f'<svg x="{left}" y="{top:.0f}"', 1)
        return [placed], block.height
    if isinstance(block, Table):
        return _table(block, left, top)
    return _text(block, left, top)


def _text(block: Text, left: float, top: float) -> tuple[list[str], float]:
    size = _SIZES.get(block.tag, _BODY)
    if any(part.startswith("<svg") for part in block.parts):
        return list(_mixed(block, left, top + size)), size * _LINE
    room = int((_WIDTH - left - _MARGIN) / (size * _LETTER))
    lines = textwrap.wrap(block.words, room)
    kind = ' class="head"' if block.tag in _SIZES or block.tag == "caption" else ""
    drawn = [
        f'<text x="{left}" y="{top + size + number * size * _LINE:.0f}"{kind} style="font-size:{size}px">'
        f"{escape(line)}</text>"
        for number, line in enumerate(lines)
    ]
    return drawn, len(lines) * size * _LINE


def _mixed(block: Text, left: float, base: float) -> Iterator[str]:
    for part in block.parts:
        if part.startswith("<svg"):
            yield part.replace("<svg", f'<svg x="{left:.0f}" y="{base - 12:.0f}"', 1)
            left += 18
        elif part.strip():
            yield f'<text x="{left:.0f}" y="{base:.0f}">{escape(part.strip())}</text>'
            left += len(part.strip()) * _BODY * _LETTER + 18


def _table(block: Table, left: float, top: float) -> tuple[list[str], float]:
    room = _WIDTH - _MARGIN - left
    columns = max(map(len, block.rows))
    widths = [
        max(len(row[place]) if place < len(row) else 0 for row in block.rows) * _BODY * _LETTER + _BETWEEN_COLUMNS
        for place in range(columns)
    ]
    # The last column gives way, as that of sentences.
    widths[-1] = min(widths[-1], room - sum(widths[:-1]))
    drawn, height = [], 0.0
    for number, row in enumerate(block.rows):
        cells = [
            textwrap.wrap(cell, max(int(width / (_BODY * _LETTER)), 4))
            for cell, width in zip(row, widths, strict=False)
        ]
        x = left
        for place, (lines, width) in enumerate(zip(cells, widths, strict=False)):
            kind = ' class="head"' if place == 0 or (block.has_head and number == 0) else ""
            drawn += [
                f'<text x="{x:.0f}" y="{top + height + _BODY + 4 + at * _BODY * _LINE:.0f}"{kind}>{escape(line)}</text>'
                for at, line in enumerate(lines)
            ]
            x += width
        height += max(1, *map(len, cells)) * _BODY * _LINE + 6
        drawn.append(f'<path class="rule" d="M{left} {top + height:.0f}h{min(sum(widths), room):.0f}"/>')
    return drawn, height
