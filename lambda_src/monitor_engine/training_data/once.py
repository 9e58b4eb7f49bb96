# SPDX-License-Identifier: Apache-2.0
"""Identifiers that were met already, in a private database of SQLite, which leaves the memory for the disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from monitor_engine.problems import EngineError


class Met:
    """Identifiers."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def first(self, identifier: str) -> bool:
        """Take an identifier; whether it was not met before."""
        return self._database.execute("INSERT OR IGNORE INTO met VALUES (?)", (identifier,)).rowcount == 1


@contextmanager
def opened() -> Iterator[Met]:
    """Yield a place for identifiers, which is gone afterwards. Raise EngineError if the disk is full."""
    try:
        with closing(sqlite3.connect("", isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("CREATE TABLE met (id TEXT PRIMARY KEY) WITHOUT ROWID")
            database.execute("BEGIN")
            yield Met(database)
    except sqlite3.Error as error:
        raise EngineError(f"there is no room for identifiers ({error}): give the job a larger volume") from error
