# SPDX-License-Identifier: Apache-2.0
"""Captures of an endpoint as rows: answers and requests side by side, one record a line.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from monitor_engine import storage
from monitor_engine.contract import PARTS
from monitor_engine.data import json_lines, payloads
from monitor_engine.data.payloads import Row, UnreadableError
from monitor_engine.problems import EngineError
from monitor_engine.storage import Folder, Location
from monitor_engine.windows import Window

OWN: Final = "mlops-monitor-"
"""Prefix of the inference ids of the engine's own requests, which are no traffic."""
_LOG: Final = logging.getLogger("monitor_engine")
_OUTPUT, _INPUT = PARTS
# How many unreadable records are named.
_NAMED: Final = 3


@dataclass
class Reading:
    """What was met on the way."""

    records: int = 0
    """Of the window, without the engine's own."""
    own: int = 0
    strange: int = 0
    """Of another time, far from the folders in which they lie."""
    unreadable: int = 0
    examples: list[str] = field(default_factory=list)
    strange_times: list[str] = field(default_factory=list)

    def leave_out(self, where: str, why: str) -> None:
        """Count a record that cannot be read, and name the first ones."""
        self.unreadable += 1
        if len(self.examples) < _NAMED:
            self.examples.append(f"{where}: {why}")

    def leave_to_others(self, where: str, when: str, window: Window) -> None:
        """Pass over a record of another window; one that no run would find in its folder is counted."""
        if window.is_near(when):
            return
        self.strange += 1
        if len(self.strange_times) < _NAMED:
            self.strange_times.append(f"{where}: {when}")

    @property
    def left_out(self) -> list[str]:
        """Remarks about the records that could not be read, and about those that no window finds."""
        found, examples = [], "; ".join(self.examples)
        if self.unreadable:
            found.append(f"{self.unreadable} of {self.records} records could not be read and were left out: {examples}")
        if self.strange:
            times = "; ".join(self.strange_times)
            found.append(f"records left out because their time is not that of their folder: {self.strange}; {times}")
        return found

    @property
    def nothing(self) -> str:
        """Remark about a window without a record."""
        if self.records:
            return f"none of {self.records} captured records could be read"
        own = f", but for {self.own} requests of monitors" if self.own else ""
        return f"nothing was captured in the window{own}"

    def check(self, share: float, what: str = "captured records", where: str = "what the endpoint answers") -> None:
        """Raise EngineError if more than this share of the records could not be read."""
        if self.unreadable > share * self.records:
            raise EngineError(
                f"{self.unreadable} of {self.records} {what} cannot be read, and {share:.0%} may be: "
                f"{'; '.join(self.examples)}. Check {where}, or raise unreadable_share."
            )


class Record(NamedTuple):
    """One line of a capture file in the window."""

    file: str
    line: int
    event: dict[str, Any]
    """Its eventMetadata."""
    data: dict[str, Any]
    """Its captureData."""

    @property
    def where(self) -> str:
        """The place of the record, for people."""
        return f"{self.file}, line {self.line}"

    @property
    def ids(self) -> tuple[str, ...]:
        """Identifiers under which its ground truth may be, the one that wins first."""
        return tuple(str(self.event[name]) for name in ("inferenceId", "eventId") if self.event.get(name))


def files(source: Location, window: Window) -> Iterator[Path]:
    """Yield the capture files that may have records of a window, in the order of their names.

    Those of S3 are gone when the next one is asked for. Raises EngineError.
    """
    if isinstance(source, Folder):
        return storage.hourly(source, *window.hours)
    return (path for path in _lines_below(source) if window.may_hold(path.relative_to(source).as_posix()))


def truth_files(source: Location, window: Window) -> Iterator[Path]:
    """Yield the files that may have ground truth of a window, in the order of their names, as `files` does."""
    if isinstance(source, Folder):
        return storage.hourly(source, window.hours[0])
    return (path for path in _lines_below(source) if window.may_be_told_in(path.relative_to(source).as_posix()))


def _lines_below(source: Path) -> list[Path]:
    return sorted(path for path in source.rglob("*") if path.is_file() and storage.has_lines(path.name))


class Block(NamedTuple):
    """Some lines of a capture file."""

    file: str
    before: int
    """Lines before them."""
    documents: list[Any]
    """Of each line its JSON document, an error, or None for an empty line."""

    def records(self, window: Window, reading: Reading) -> Iterator[Record]:
        """Yield those of a window; others are not counted, the engine's own and the unreadable ones are."""
        for number, document in enumerate(self.documents, self.before + 1):
            record = _record(document, (self.file, number), window, reading)
            if record is not None:
                if reading.records == 1:
                    _LOG.info("first record after %.2f s of computing: %s", time.process_time(), record.where)
                yield record


def blocks(paths: Iterable[Path]) -> Iterator[Block]:
    """Yield the files, some lines at a time. Raise EngineError."""
    for path in paths:
        name, before = path.name, 0
        for lines in storage.blocks(path):
            yield Block(name, before, list(json_lines.documents(lines)))
            before += len(lines)


def records(paths: Iterable[Path], window: Window, reading: Reading) -> Iterator[Record]:
    """Yield the records of a window, as those of a block."""
    for block in blocks(paths):
        yield from block.records(window, reading)


def _record(document: Any, place: tuple[str, int], window: Window, reading: Reading) -> Record | None:
    if document is None:
        return None
    try:
        event, data = document["eventMetadata"], document["captureData"]
        is_inside = window.holds(event["inferenceTime"])
        inference_id, _ = event.get("inferenceId"), data.items()
    except (KeyError, TypeError, AttributeError, EngineError) as error:
        why = document if isinstance(document, Exception) else error
        reading.records += 1
        reading.leave_out(f"{place[0]}, line {place[1]}", f"no record of a capture ({type(why).__name__}: {why})")
        return None
    if not is_inside:
        reading.leave_to_others(f"{place[0]}, line {place[1]}", event["inferenceTime"], window)
        return None
    if inference_id and str(inference_id).startswith(OWN):
        reading.own += 1
        return None
    reading.records += 1
    return Record(*place, event, data)


def fitting(some: Sequence[Record], parts: Sequence[str], known: int) -> Sequence[str]:
    """Return the parts that a baseline of so many columns has, by the first records of a window.

    A baseline is expected to have the prediction as its first column. One that has exactly the features is compared
    with these alone.
    """
    if len(parts) == 1:
        return parts
    alone = sum(_width(record, (_INPUT,)) == known and _width(record, parts) != known for record in some)
    return (_INPUT,) if alone * 2 > len(some) else parts


def _width(record: Record, parts: Sequence[str]) -> int:
    try:
        row = rows(record, parts)[0]
    except UnreadableError:
        return 0
    return row.count(",") + 1 if isinstance(row, str) else len(row)


def rows(record: Record, parts: Sequence[str]) -> list[str | Row]:
    """Return a record's rows: lines of CSV without quotes, or rows of cells. Raise UnreadableError."""
    line = _line(record.data, parts)
    if line is not None:
        return [line]
    if not all(isinstance(record.data.get(part, {}), dict) for part in parts):
        raise UnreadableError("its captureData has no objects")
    found = [payloads.rows_of(record.data[part]) for part in PARTS if part in parts and part in record.data]
    if not found or not all(found):
        raise UnreadableError("it has no data: is the endpoint's capture on for requests and answers?")
    if len(found) == 1:
        return list(found[0])
    answers, asked = _aligned(*found), found[1]
    return [_side_by_side(answer, row) for answer, row in zip(answers, asked, strict=True)]


def _line(data: dict[str, Any], parts: Sequence[str]) -> str | None:
    """The main case, one row of plain CSV each, without taking it apart; None for every other."""
    texts = []
    try:
        for name in parts:
            part = data[name]
            if part["encoding"] != "CSV" or "json" in part.get("observedContentType", ""):
                return None
            texts.append(part["data"].rstrip("\r\n"))
    except (KeyError, TypeError, AttributeError):
        return None
    line = ",".join(texts)
    if not all(texts) or '"' in line or "\n" in line or "\r" in line:
        return None
    return line


def _aligned(answers: list[Row], asked: list[Row]) -> list[Row]:
    if len(answers) == len(asked):
        return answers
    if len(answers) == 1 and len(answers[0]) == len(asked):
        # The answer for several rows may be one line, with a value for each.
        row = answers[0]
        return [[value] for value in (row.values() if isinstance(row, dict) else row)]
    raise UnreadableError(f"it has {len(answers)} answers to {len(asked)} rows")


def _side_by_side(answer: Row, row: Row) -> Row:
    if isinstance(answer, dict):
        # A model may repeat what it was asked: the request's value is the feature.
        return {**answer, **row} if isinstance(row, dict) else [*answer.values(), *row]
    if isinstance(row, dict):
        # What is answered without a name gets one of the baseline's when these are known.
        return {**{f"{_OUTPUT}.{place}": value for place, value in enumerate(answer)}, **row}
    return [*answer, *row]
