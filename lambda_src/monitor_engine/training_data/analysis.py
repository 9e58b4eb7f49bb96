# SPDX-License-Identifier: Apache-2.0
"""Training data of a window: files for training and validation, new baselines, and what was counted."""

from __future__ import annotations

from itertools import chain, islice
from typing import Final

from monitor_engine.contract import Job
from monitor_engine.data import ground_truth
from monitor_engine.results import Document, Result
from monitor_engine.training_data import columns as names
from monitor_engine.training_data import once, parts, readings
from monitor_engine.training_data.readings import Counts

DATA: Final = "data.json"
"""Written last: who sees it sees all files."""
# Rows by which it is told what the endpoint is asked.
_LOOKED_AT: Final = 1_000


def analyse(job: Job) -> Result:
    """Write the files of a window, and return what they are made of. Raise EngineError."""
    known, counts = names.of(job), Counts()
    with ground_truth.opened() as truth, once.opened() as met:
        rows = readings.rows(job, known, truth, met, counts)
        first = list(islice(rows, _LOOKED_AT))
        features, told = names.asked(known, [row.features for row in first])
        with parts.opened(job.output, known, features, job.training.validation_share) as files:
            for row in chain(first, rows):
                cells = names.cells(row.features, features)
                if cells is None:
                    counts.lacking += 1
                    continue
                counts.empty += "" in cells
                files.take(row, cells)
        told += truth.remarks(counts.reading.records, counts.without_truth)
    counts.reading.check(job.unreadable_share)
    document = _document(job, counts, [known.target, *features], files.rows)
    remarks = [_made(document, counts), *told, *counts.remarks, *counts.reading.left_out]
    return Result({DATA: document}, remarks=remarks, records=counts.reading.records, is_idle=True, last=DATA)


def _made(document: Document, counts: Counts) -> str:
    rows, held_out = document["rows"], document["validation_rows"]
    if not rows + held_out:
        return "there is no row to train with" if counts.reading.records else counts.reading.nothing
    return f"{rows:,} rows for training and {held_out:,} for validation of {document['records']:,} captured records"


def _document(job: Job, counts: Counts, columns: list[str], rows: dict[str, int]) -> Document:
    start, end = job.window.texts if job.window else ("", "")
    return {
        "rows": rows[parts.TRAIN],
        "validation_rows": rows[parts.VALIDATION],
        "columns": columns,
        "from": start,
        "to": end,
        "records": counts.reading.records,
        "without_ground_truth": counts.without_truth,
        "duplicates": counts.duplicates,
        "lacking_features": counts.lacking,
        "empty_values": counts.empty,
        "unreadable": counts.reading.unreadable,
    }
