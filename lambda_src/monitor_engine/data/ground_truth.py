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
from monitor_engine.data import json_lines
from monitor_engine.problems import EngineError

_NAMED: Final = 3
_TABLE: Final = "CREATE TABLE truth (id TEXT PRIMARY KEY, label TEXT, changed INTEGER DEFAULT 0) WITHOUT ROWID"
# The last label counts; that there was another one is kept.
_TAKE: Final = (
    "INSERT INTO truth (id, label) VALUES (?, ?) "
    "ON CONFLICT (id) DO UPDATE SET changed = changed OR label <> excluded.label, label = excluded.label"
)


class Truth:
    """Labels by the identifier of their record."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self.unreadable: list[str] = []
        """The first lines that are no ground truth."""
        self.lines = 0
        self.unread = 0

    def read(self, paths: Iterable[Path]) -> None:
        """Take the labels in files of JSON Lines, the later ones in place of the earlier ones."""
        for path in paths:
            number, name = 0, path.name
            for lines in storage.blocks(path):
                found = []
                for document in json_lines.documents(lines):
                    number += 1
                    if document is not None:
                        found += self._told(document, name, number)
                self._database.execute("BEGIN")
                self._database.executemany(_TAKE, found)
                self._database.execute("COMMIT")

    def _told(self, document: Any, name: str, number: int) -> list[tuple[str, str]]:
        self.lines += 1
        try:
            event, data = document["eventMetadata"], document["groundTruthData"]["data"]
            identifier = str(event.get("eventId") or event["inferenceId"])
        except (KeyError, TypeError, AttributeError):
            self.unread += 1
            if len(self.unreadable) < _NAMED:
                self.unreadable.append(f"{name}, line {number}")
            return []
        return [(identifier, data if isinstance(data, str) else json.dumps(data))]

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
        contradicted = self._first("SELECT id FROM truth WHERE changed LIMIT ?", _NAMED)
        if contradicted:
            found.append(f"given another label later, which counts: {', '.join(contradicted)}")
        if records and without == records:
            why = "none has come since the start of the window"
            for some in self._first("SELECT id FROM truth LIMIT ?", 1):
                why = f"none of its identifiers is captured, as {some!r}: is it of another model?"
            found.append(f"none of {records} records has ground truth: {why}")
        elif without:
            found.append(f"{without} of {records} records have no ground truth yet")
        return found

    def _first(self, query: str, number: int) -> list[str]:
        return [str(identifier) for (identifier,) in self._database.execute(query, (number,))]


@contextmanager
def opened() -> Iterator[Truth]:
    """Yield a place for labels, which is gone afterwards. Raise EngineError if the disk is full."""
    try:
        # A database without a name is SQLite's own temporary one.
        with closing(sqlite3.connect("", isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = OFF")
            database.execute(_TABLE)
            yield Truth(database)
    except sqlite3.Error as error:
        raise EngineError(f"there is no room to match ground truth ({error}): give the job a larger volume") from error
