# SPDX-License-Identifier: Apache-2.0
"""Tables that are cut nowhere: where their columns have no room, each row is a block of `name: value` lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from scripts.cli.display.states import coloured, style

# A shorter text stays on one line, such as a date with its time; in a longer one, lines end between words.
_SHORT: Final = 24
_BETWEEN_COLUMNS: Final = 3


@dataclass(frozen=True)
class Rows:
    """Table for the width that there is."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        room = options.max_width - _BETWEEN_COLUMNS * (len(self.columns) - 1)
        cells = list(zip(self.columns, *self.rows, strict=True))
        least = [max(map(_least, column)) for column in cells]
        if sum(least) <= room:
            yield self._table(_shared(room, least, [max(map(_whole, column)) for column in cells]))
        else:
            yield from self._blocks()

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(1, options.max_width)

    def _table(self, widths: Iterable[int]) -> Table:
        made = Table(box=SIMPLE_HEAD, title=self.title or None, title_justify="left", pad_edge=False, show_edge=False)
        for column, width in zip(self.columns, widths, strict=True):
            made.add_column(column, width=width)
        for row in self.rows:
            made.add_row(*(_cell(cell) for cell in row))
        return made

    def _blocks(self) -> Iterator[Text]:
        if self.title:
            yield Text(self.title, style="italic")
        for row in self.rows:
            yield Text()
            for column, cell in zip(self.columns, row, strict=True):
                if cell:
                    name = (f"{column}: ", "bold") if column else ""
                    yield Text.assemble(name, _cell(cell.replace("\n", "; ") if column else cell))
        yield Text()

    def as_text(self) -> str:
        """Return lines for other programs: names, then rows, with tabs between the columns."""
        return "\n".join("\t".join(cell.replace("\n", "; ") for cell in row) for row in (self.columns, *self.rows))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> Rows:
    """Return a table with coloured states."""
    return Rows(tuple(columns), tuple(tuple(row) for row in rows), title)


def _shared(room: int, least: Sequence[int], whole: Sequence[int]) -> list[int]:
    """Return the columns' widths: what they need at least, and the rest to those that want more, the least first."""
    widths, left = list(least), room - sum(least)
    wanting = sorted(range(len(widths)), key=lambda column: whole[column] - least[column])
    for place, column in enumerate(wanting):
        more = min(whole[column] - least[column], left // (len(wanting) - place))
        widths[column] += more
        left -= more
    return widths


def _whole(cell: str) -> int:
    return max(map(cell_len, cell.split("\n")))


def _least(cell: str) -> int:
    """Return the width in which no word is divided, and no short text either."""
    return max(map(_least_of_line, cell.split("\n")))


def _least_of_line(line: str) -> int:
    return cell_len(line) if cell_len(line) <= _SHORT else max(map(cell_len, line.split()), default=0)


def _cell(cell: str) -> Text:
    return Text(cell, style=style(cell)) if style(cell) else coloured(cell)
