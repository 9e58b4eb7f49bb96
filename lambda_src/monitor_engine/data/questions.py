# SPDX-License-Identifier: Apache-2.0
"""Questions to the endpoint: so many rows a second, each request under an identifier that is no traffic."""

from __future__ import annotations

import csv
import io
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from monitor_engine.contract import Job
from monitor_engine.data.captures import OWN

Ask = Callable[[str, str], tuple[str, str]]
"""Body and inference id -> the answer and its content type."""
BATCH: Final = 100
"""Rows of one request."""


@dataclass
class Questions:
    """Asks, and remembers how much was asked."""

    ask: Ask
    per_second: float = 50.0
    run: str = ""
    """Tells the requests of one run from those of another."""
    pause: Callable[[float], None] = time.sleep
    asked: int = 0

    def answers(self, rows: Sequence[Sequence[Any]]) -> Iterator[tuple[str, bool, int]]:
        """Yield each answer, whether it is JSON, and how many rows it is for. Raise EngineError."""
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            body = io.StringIO()
            csv.writer(body, lineterminator="\n").writerows(batch)
            if self.asked:
                self.pause(len(batch) / self.per_second)
            text, content_type = self.ask(body.getvalue(), f"{OWN}{self.run}{self.asked}")
            self.asked += len(batch)
            yield text.strip("\r\n"), "json" in content_type.lower(), len(batch)


def name_of_run(job: Job) -> str:
    """Return what tells a run from others: a second attempt asks under the same identifiers."""
    return f"{zlib.crc32(str(job.window).encode()):08x}-"
