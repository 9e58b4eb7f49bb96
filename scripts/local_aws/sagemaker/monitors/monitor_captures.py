# SPDX-License-Identifier: Apache-2.0
"""Captured data of an endpoint as one table: answers and requests side by side.

Captured CSV has no header: its columns are the baseline's, by position. The answer comes first, like the label in the
baseline (`output_columns_position` START).
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from scripts.local_aws.sagemaker.monitors.baseline_dataset import DatasetError, column_names, table

# Order of the columns, whatever the order of the parts in the request.
_PARTS = ("endpointOutput", "endpointInput")

Rows = list[list[str]]


def read(lines: bytes, parts: Sequence[str], period: tuple[str, str], names: Sequence[str]) -> pd.DataFrame:
    """Return the rows of all records between two times (`2026-11-24T15:00:00Z`, inclusive), under the baseline's names.

    `lines` are the records, one JSON object per line; `parts` the captures to read, endpointInput or endpointOutput.
    Raises DatasetError for a record that cannot be read as rows of CSV.
    """
    rows = [row for record in _records(lines, period) for row in _rows(record, parts)]
    return table(rows, column_names(max((len(row) for row in rows), default=0), names))


def _records(lines: bytes, period: tuple[str, str]) -> Iterator[dict[str, Any]]:
    for line in filter(None, lines.splitlines()):
        record = json.loads(line)
        # Times of the same form and zone can be compared as text.
        if period[0] <= record["eventMetadata"]["inferenceTime"] <= period[1]:
            yield record


def _rows(record: Mapping[str, Any], parts: Sequence[str]) -> Rows:
    captured = record["captureData"]
    found = [_lines(captured[part]) for part in _PARTS if part in parts and part in captured]
    if not found:
        return []
    asked = len(found[-1])
    # The answer for several rows may be one line, with a value for each.
    aligned = [[[value] for value in rows[0]] if len(rows) == 1 and len(rows[0]) == asked else rows for rows in found]
    if len({len(rows) for rows in aligned}) > 1:
        identifier = record["eventMetadata"]["eventId"]
        raise DatasetError(f"the captured record {identifier} has {len(found[0])} answers to {asked} rows of input")
    return [[value for row in together for value in row] for together in zip(*aligned, strict=True)]


def _lines(payload: Mapping[str, str]) -> Rows:
    if payload["encoding"] != "CSV":
        raise DatasetError(
            f"the local AWS analyses captured data in CSV, not in {payload['encoding']}: list the content type "
            f"{payload['observedContentType']} in the endpoint's CsvContentTypes"
        )
    return [row for row in csv.reader(io.StringIO(payload["data"], newline="")) if row]
