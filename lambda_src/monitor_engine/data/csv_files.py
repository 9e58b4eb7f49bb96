# SPDX-License-Identifier: Apache-2.0
"""CSV files as streams of tables: UTF-8 with or without byte order mark, any line ends, quotes where they are."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from monitor_engine import storage
from monitor_engine.data import tables
from monitor_engine.data.tables import ROWS, Cells, Table
from monitor_engine.problems import EngineError


def read(path: Path, has_header: bool, as_text: frozenset[str]) -> Iterator[Table]:
    """Yield the tables of a file. Raise EngineError for one that is no CSV in UTF-8, with the line."""
    try:
        with storage.text(path) as file:
            lines = (line.rstrip("\n") for line in file)
            header = _header(next(lines, ""), path) if has_header else []
            yield from _tables(lines, header, path, as_text)
    except UnicodeDecodeError as error:
        raise EngineError(f"{path.name} is not UTF-8: {_place(path, error)}. Save it as UTF-8.") from error
    except csv.Error as error:
        raise EngineError(f"{path.name} is not CSV: {error}") from error


def rows(path: Path, wanted: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line number and some columns of each row of a file with a header. Raise EngineError."""
    try:
        with storage.text(path, newline="") as file:
            reader = csv.reader(file, strict=True)
            header = _named(next(reader, []), path)
            lacking = [name for name in wanted if name not in header]
            if lacking:
                raise EngineError(
                    f"{path.name} has no column {', '.join(map(repr, lacking))}; it has {', '.join(header)}"
                )
            for row in filter(None, reader):
                if len(row) > len(header):
                    raise _too_long(path, reader.line_num, len(row), len(header))
                cells = dict(zip(header, row, strict=False))
                yield reader.line_num, {name: cells.get(name, "") for name in wanted}
    except UnicodeDecodeError as error:
        raise EngineError(f"{path.name} is not UTF-8: {_place(path, error)}. Save it as UTF-8.") from error
    except csv.Error as error:
        raise EngineError(f"{path.name} is not CSV: {error}") from error


def header_of(path: Path) -> list[str]:
    """Return the names in the first line of a file. Raise EngineError."""
    try:
        with storage.text(path) as file:
            return _header(file.readline().rstrip("\n"), path)
    except UnicodeDecodeError as error:
        raise EngineError(f"{path.name} is not UTF-8: {_place(path, error)}. Save it as UTF-8.") from error


def _header(line: str, path: Path) -> list[str]:
    return _named([name or "" for name in tables.split(line)] if line else [], path)


def _named(header: list[str], path: Path) -> list[str]:
    if not header:
        raise EngineError(f"{path.name} is empty: a header and rows are needed")
    unnamed = [str(position) for position, name in enumerate(header, 1) if not name.strip()]
    if unnamed:
        raise EngineError(f"{path.name} has no name for column {', '.join(unnamed)}: name it in the first line")
    repeated = sorted(name for name, count in Counter(header).items() if count > 1)
    if repeated:
        raise EngineError(f"{path.name} names the column {repeated[0]!r} more than once: give each its own name")
    return header


def _tables(lines: Iterator[str], header: Sequence[str], path: Path, as_text: frozenset[str]) -> Iterator[Table]:
    before = 1 if header else 0
    while block := list(islice(lines, ROWS)):
        if any('"' in line for line in block):
            # A quoted value may go on in the next line: from here on the rows are read one by one.
            yield from _quoted(chain(block, lines), header, (path, before), as_text)
            return
        filled = [line for line in block if line]
        if filled:
            table = tables.of_lines(filled, header, as_text)
            if header and max(table.widths) > len(header):
                place = next(number for number, line in enumerate(block, before + 1) if line.count(",") >= len(header))
                raise _too_long(path, place, block[place - before - 1].count(",") + 1, len(header))
            yield table
        before += len(block)


def _quoted(
    lines: Iterator[str], header: Sequence[str], place: tuple[Path, int], as_text: frozenset[str]
) -> Iterator[Table]:
    path, before = place
    reader = csv.reader((f"{line}\n" for line in lines), strict=True)
    rows: list[Cells] = []
    for row in reader:
        if header and len(row) > len(header):
            raise _too_long(path, before + reader.line_num, len(row), len(header))
        if row:
            rows.append(list(row))
        if len(rows) >= ROWS:
            yield tables.of_cells(rows, header, as_text)
            rows = []
    if rows:
        yield tables.of_cells(rows, header, as_text)


def _too_long(path: Path, line: int, values: int, wanted: int) -> EngineError:
    return EngineError(
        f"{path.name}, line {line}, has {values} values for {wanted} columns: quote values that have commas"
    )


def _place(path: Path, error: UnicodeDecodeError) -> str:
    with storage.opened(path) as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as found:
                return f"line {number}, byte {found.start + 1} ({line[found.start : found.start + 1]!r})"
    return error.reason
