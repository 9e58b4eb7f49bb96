# SPDX-License-Identifier: Apache-2.0
"""Blocks of a report's page: headings, paragraphs, tables and drawings, in their order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from typing import Final

from scripts.demo.report_styles import Styles

_HEADINGS: Final = ("h1", "h2", "h3")
_TEXTS: Final = (*_HEADINGS, "p", "li", "dt", "dd", "caption", "figcaption", "summary")
_OF_TABLES: Final = ("td", "th", "tr", "table")
_HIDDEN: Final = ("style", "title", "script")
_BARS: Final = {"found": "#c33", "good": "#2a7"}
# A drawing that stands in a line of text.
_SMALL: Final = 20.0


@dataclass(frozen=True)
class Text:
    """Heading or paragraph. `parts` are texts, and small drawings as markup."""

    tag: str
    parts: tuple[str, ...]
    bar: str = ""
    """Colour of the bar beside it; empty for none."""

    @property
    def words(self) -> str:
        """Text alone."""
        return " ".join(" ".join(part for part in self.parts if not part.startswith("<svg")).split())


@dataclass(frozen=True)
class Table:
    """Cells by row; the first row may be its head."""

    rows: tuple[tuple[str, ...], ...]
    has_head: bool
    bar: str = ""


@dataclass(frozen=True)
class Drawing:
    """Drawing as markup, with its size in pixels."""

    markup: str
    width: float
    height: float
    bar: str = ""


Block = Text | Table | Drawing


def of(html: str) -> list[Block]:
    """Return the blocks of a page."""
    reader = _Reader(Styles.of(html))
    reader.feed(html)
    return reader.blocks


def structure(blocks: list[Block]) -> list[str]:
    """Return what the picture of a page must share with it: headings and the heads of tables."""
    found = []
    for block in blocks:
        if isinstance(block, Text) and block.tag in _HEADINGS:
            found.append(block.words)
        elif isinstance(block, Table) and block.has_head:
            found.append(" | ".join(block.rows[0]))
    return found


@dataclass
class _Open:
    """What is being read."""

    parts: list[str] = field(default_factory=list)
    rows: list[tuple[str, ...]] = field(default_factory=list)
    row: list[str] = field(default_factory=list)
    drawing: list[str] = field(default_factory=list)
    size: tuple[float, float] = (0.0, 0.0)


class _Reader(HTMLParser):
    def __init__(self, styles: Styles) -> None:
        super().__init__()
        self._styles = styles
        self._is_in_cell = False
        self.blocks: list[Block] = []
        self._open = _Open()
        self._bar = ""
        self._has_head = self._is_hidden = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "svg":
            self._open.size = self._styles.size(given)
        if tag == "svg" or self._open.drawing:
            self._open.drawing.append(self.get_starttag_text() or "")
        elif tag == "div":
            self._bar = _BARS.get(given.get("class", ""), "")
        elif tag == "table":
            self._open.rows, self._has_head = [], False
        elif tag == "thead":
            self._has_head = True
        elif tag in _HIDDEN:
            self._is_hidden = True
        elif tag in ("td", "th", *_TEXTS):
            self._open.parts, self._is_in_cell = [], tag in ("td", "th")

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if self._open.drawing:
            self._open.drawing.append(self.get_starttag_text() or "")

    def handle_data(self, data: str) -> None:
        if self._open.drawing:
            self._open.drawing.append(escape(data))
        elif not self._is_hidden:
            self._open.parts.append(data)

    def handle_endtag(self, tag: str) -> None:
        if self._open.drawing:
            self._open.drawing.append(f"</{tag}>")
            if tag == "svg":
                self._end_drawing()
        elif tag == "div":
            self._bar = ""
        elif tag in _OF_TABLES:
            self._end_of_table(tag)
        elif tag in _HIDDEN:
            self._is_hidden = False
        elif tag in _TEXTS and "".join(self._open.parts).strip():
            self.blocks.append(Text(tag, tuple(self._open.parts), self._bar))
            self._open.parts = []

    def _end_of_table(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._open.row.append("".join(self._open.parts))
            self._is_in_cell = False
        elif tag == "tr":
            self._open.rows.append(tuple(self._open.row))
            self._open.row = []
        else:
            self.blocks.append(Table(tuple(self._open.rows), self._has_head, self._bar))

    def _end_drawing(self) -> None:
        markup, (width, height) = "".join(self._open.drawing), self._open.size
        self._open.drawing = []
        # A table's cells are shown as their text.
        if self._is_in_cell:
            return
        if width <= _SMALL:
            self._open.parts.append(_sized(markup, width, height))
        else:
            self.blocks.append(Drawing(_sized(markup, width, height), width, height, self._bar))


def _sized(markup: str, width: float, height: float) -> str:
    """Return a drawing with its size as attributes, which every program that shows SVG heeds."""
    first, rest = markup.split(">", 1)
    plain = re.sub(r'\s(?:width|height)="[^"]*"', "", first)
    return f'{plain} width="{width:g}" height="{height:g}">{rest}'
