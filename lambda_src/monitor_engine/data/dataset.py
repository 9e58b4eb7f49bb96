# SPDX-License-Identifier: Apache-2.0
"""A job's data set as a stream of tables, whatever it is stored as. It can be read more than once."""

from __future__ import annotations

import heapq
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from monitor_engine import storage
from monitor_engine.contract import CAPTURES, CSV, PARTS, Job
from monitor_engine.data import captures, csv_files, payloads, plain_captures, tables
from monitor_engine.data.captures import Reading, Record
from monitor_engine.data.payloads import Row, UnreadableError
from monitor_engine.data.tables import ROWS, Cells, Table
from monitor_engine.problems import EngineError
from monitor_engine.storage import Location

Sampled = TypeVar("Sampled")
# Records by which it is told what the baseline has.
_LOOKED_AT: Final = 1_000
_ANSWER: Final = f"{PARTS[0]}."


def read(job: Job, known: Sequence[str], as_text: frozenset[str], reading: Reading) -> Iterator[Table]:
    """Yield the tables of a job's data, under the baseline's names if there are any. Raise EngineError."""
    if job.format.kind == CAPTURES:
        rows = _captured(job, len(known), reading)
    elif job.format.kind == CSV:
        for path in files(job.source):
            header = known if job.format.has_header else ()
            if header and (own := csv_files.header_of(path)) != list(header):
                raise EngineError(f"{path.name} has the columns {', '.join(own)}, another file {', '.join(header)}")
            yield from csv_files.read(path, job.format.has_header, as_text)
        return
    else:
        rows = (row for path in files(job.source) for row in _json_rows(path))
    yield from batches(rows, known, as_text)


def header(job: Job) -> list[str]:
    """Return the names that a CSV data set gives its columns; none for another."""
    if job.format.kind != CSV or not job.format.has_header:
        return []
    # A file of S3 lies here as long as the files are gone through.
    return next(csv_files.header_of(path) for path in files(job.source))


def sample(rows: Iterable[tuple[str, Sampled]], most: int) -> list[Sampled]:
    """Return those whose identifiers have the lowest hashes: a sample that depends neither on order nor on chance."""
    return [row for _, row in heapq.nsmallest(most, rows, key=lambda pair: zlib.crc32(pair[0].encode()))]


def batches(rows: Iterator[str | Row], known: Sequence[str], as_text: frozenset[str]) -> Iterator[Table]:
    """Yield tables of rows, those of plain lines apart from those of cells."""
    names = list(known)
    while block := list(islice(rows, ROWS)):
        lines = [row for row in block if isinstance(row, str)]
        cells = [_by_position(row, names) for row in block if not isinstance(row, str)]
        if lines:
            yield tables.of_lines(lines, names, as_text)
        if cells:
            yield tables.of_cells(cells, names, as_text)


def _by_position(row: Row, names: list[str]) -> Cells:
    """Cells in the order of the names; a new name is one more column."""
    if isinstance(row, list):
        return row
    free = [name for name in names if name not in row]
    cells: Cells = [None] * len(names)
    for name, value in row.items():
        if name.startswith(_ANSWER) and free:
            cells[names.index(free.pop(0))] = value
            continue
        if name not in names:
            names.append(name)
            cells.append(None)
        cells[names.index(name)] = value
    return cells


def _captured(job: Job, known: int, reading: Reading) -> Iterator[str | Row]:
    window = job.window
    if window is None:
        raise EngineError("captures need a window: give start_time and end_time")
    blocks = captures.blocks(captures.files(job.source, window))
    first: list[Record] = []
    for block in blocks:
        first += block.records(window, reading)
        if len(first) >= _LOOKED_AT:
            break
    parts = captures.fitting(first[:_LOOKED_AT], job.format.parts, known)
    yield from _rows(first, parts, reading)
    for block in blocks:
        lines = plain_captures.lines(block.documents, parts, window)
        if lines is None:
            yield from _rows(block.records(window, reading), parts, reading)
        else:
            reading.records += len(lines)
            yield from lines


def _rows(records: Iterable[Record], parts: Sequence[str], reading: Reading) -> Iterator[str | Row]:
    for record in records:
        try:
            found = captures.rows(record, parts)
        except UnreadableError as error:
            reading.leave_out(record.where, str(error))
            continue
        yield from found


def files(source: Location) -> Iterator[Path]:
    """Yield the files of a data set, in the order of their names. Raise EngineError if there is none."""
    found = storage.files(source)
    first = next(found, None)
    if first is None:
        raise EngineError(f"there is no file at {source}: check the location of the data")
    yield first
    yield from found


def _json_rows(path: Path) -> Iterator[str | Row]:
    try:
        with storage.text(path) as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    try:
                        yield from payloads.rows_of({"encoding": "JSON", "data": line})
                    except UnreadableError as error:
                        raise EngineError(f"{path.name}, line {number}: {error}") from error
    except UnicodeDecodeError as error:
        raise EngineError(f"{path.name} is not UTF-8. Save it as UTF-8.") from error
