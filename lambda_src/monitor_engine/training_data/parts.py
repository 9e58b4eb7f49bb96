# SPDX-License-Identifier: Apache-2.0
"""Files of training data, written row by row."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from monitor_engine.training_data.columns import Columns
from monitor_engine.training_data.readings import Merged

TRAIN: Final = "train.csv"
VALIDATION: Final = "validation.csv"
LABELLED: Final = "labelled.csv"
BASELINE: Final = "baseline.csv"
_BYTES: Final = 8
_ALL: Final = float(1 << 8 * _BYTES)


def is_held_out(identifier: str, share: float) -> bool:
    """Whether a record is for validation: by its identifier alone, so that it is in the same part every time."""
    digest = hashlib.sha256(identifier.encode()).digest()[:_BYTES]
    return int.from_bytes(digest, "big") < share * _ALL


class Parts:
    """The files, open."""

    def __init__(self, writers: dict[str, Any], share: float) -> None:
        self._writers, self._share = writers, share
        self.rows = {TRAIN: 0, VALIDATION: 0}

    def take(self, row: Merged, cells: Sequence[str]) -> None:
        """Write a row to each file that it belongs to."""
        name = VALIDATION if is_held_out(row.identifier, self._share) else TRAIN
        self.rows[name] += 1
        for each in (name, LABELLED):
            self._writers[each].writerow([row.label, *cells])
        self._writers[BASELINE].writerow([row.label, *cells, *row.answers])


@contextmanager
def opened(folder: Path, columns: Columns, features: Sequence[str], share: float) -> Iterator[Parts]:
    """Yield the files in a folder, the two that begin with a header with it."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        writers = {}
        for name in (TRAIN, VALIDATION, LABELLED, BASELINE):
            file = stack.enter_context((folder / name).open("w", encoding="utf-8", newline=""))
            writers[name] = csv.writer(file, lineterminator="\n")
        writers[LABELLED].writerow([columns.target, *features])
        writers[BASELINE].writerow([columns.target, *features, *columns.answers])
        yield Parts(writers, share)
