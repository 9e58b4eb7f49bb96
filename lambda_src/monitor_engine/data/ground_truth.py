# SPDX-License-Identifier: Apache-2.0
"""Ground truth by identifier: what turned out to be true of the records of a window.

It is kept in a private database of SQLite, which leaves the memory for the disk when it grows.
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-merge.html
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from monitor_engine import storage
from monitor_engine.problems import EngineError

_NAMED: Final = 3


class Truth:
    """Labels by the identifier of their record."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self.unreadable: list[str] = []
        """The first lines that are no ground truth."""
        self.lines = 0
        self.unread = 0
        self.contradicted: list[str] = []
        """The first identifiers that were given another label before; the last one counts."""

    def read(self, paths: Iterable[Path]) -> None:
        """Take the labels in files of JSON Lines, the later ones in place of the earlier ones."""
        for path in paths:
            lines = (line for block in storage.blocks(path) for line in block)
            for number, line in enumerate(lines, 1):
                if line.strip():
                    self._take(line, f"{path.name}, line {number}")

    def _take(self, line: bytes, where: str) -> None:
        self.lines += 1
        try:
            found = json.loads(line)
            event, data = found["eventMetadata"], found["groundTruthData"]["data"]
            identifier = str(event.get("eventId") or event["inferenceId"])
        except (ValueError, KeyError, TypeError, AttributeError):
            self.unread += 1
            if len(self.unreadable) < _NAMED:
                self.unreadable.append(where)
            return
        label = data if isinstance(data, str) else json.dumps(data)
        before = self.of((identifier,))
        if before is not None and before != label and len(self.contradicted) < _NAMED:
            self.contradicted.append(identifier)
        self._database.execute("INSERT OR REPLACE INTO truth VALUES (?, ?)", (identifier, label))

    def of(self, identifiers: Sequence[str]) -> str | None:
        """Return the label under the first of some identifiers that has one."""
        for identifier in identifiers:
            row = self._database.execute("SELECT label FROM truth WHERE id = ?", (identifier,)).fetchone()
            if row is not None:
                return str(row[0])
        return None

    def remarks(self, records: int, without: int) -> list[str]:
        """Return what people should know: lines that are none, labels that changed, records without one."""
        found = []
        if self.unread:
            found.append(
                f"{self.unread} of {self.lines} lines of ground truth could not be read: {', '.join(self.unreadable)}"
            )
        if self.contradicted:
            found.append(f"given another label later, which counts: {', '.join(self.contradicted)}")
        if records and without == records:
            some = self._some()
            foreign = f"none of its identifiers is captured, as {some!r}: is it of another model?"
            found.append(f"none of {records} records has ground truth: {foreign if some else 'none has come'}")
        elif without:
            found.append(f"{without} of {records} records have no ground truth yet")
        return found

    def _some(self) -> str:
        row: Any = self._database.execute("SELECT id FROM truth LIMIT 1").fetchone()
        return "" if row is None else str(row[0])


@contextmanager
def opened() -> Iterator[Truth]:
    """Yield a place for labels, which is gone afterwards. Raise EngineError if the disk is full."""
    try:
        # A database without a name is SQLite's own temporary one.
        with closing(sqlite3.connect("", isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("CREATE TABLE truth (id TEXT PRIMARY KEY, label TEXT) WITHOUT ROWID")
            yield Truth(database)
    except sqlite3.Error as error:
        raise EngineError(f"there is no room to match ground truth ({error}): give the job a larger volume") from error
