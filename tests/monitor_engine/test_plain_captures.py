# SPDX-License-Identifier: Apache-2.0
"""Blocks of plain captures are taken in one piece, and what comes of them is what comes of record by record."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor_engine import contract, storage
from monitor_engine.data import captures, dataset, plain_captures
from monitor_engine.data.captures import Reading
from monitor_engine.windows import Window
from tests.monitor_engine import jobs
from tests.monitor_engine.jobs import part, record

_WINDOW: Final = Window(datetime(2026, 11, 24, 15, tzinfo=UTC), datetime(2026, 11, 24, 16, tzinfo=UTC))
_PLAIN: Final = [
    record("1,north", "0.5"),
    record("2,south\n", "0.25\r\n"),
    record("3,", "1", inference_id="of-a-client"),
]
_OTHER: Final = {
    "another-time": record("4,north", "0.5", time=jobs.END),
    "no-time": record("4,north", "0.5", time="yesterday"),
    "own": record("5,north", "0.5", inference_id=f"{captures.OWN}1"),
    "json": record([6, "north"], 0.5),
    "csv-that-is-json": record(part("7,north", "CSV", "application/json"), "0.5"),
    "base64": record(part("OCxub3J0aA==", "BASE64"), "0.5"),
    "quoted": record('9,"north"', "0.5"),
    "rows": record("10,north\n11,south", "0.5\n0.25"),
    "empty": record("", "0.5"),
    "one-sided": {**record("12,north", "0.5"), "captureData": {"endpointInput": part("12,north")}},
    "no-object": {**record("13,north", "0.5"), "captureData": ["13,north"]},
    "no-event": {"captureData": {}},
    "nothing": None,
    "no-text": record({"encoding": "CSV", "data": 14}, "0.5"),
    "return": record("15,no\rth", "0.5"),
}


def _read(folder: Path, records: list[Any], known: int = 3) -> tuple[list[Any], Reading]:
    jobs.written(folder, [json.dumps(one) if one is not None else "" for one in records])
    reading = Reading()
    job = contract.read(
        {
            "dataset_format": '{"sagemakerCaptureJson": {}}', "dataset_source": str(folder / "captures"),
            "output_path": str(folder), "start_time": jobs.START, "end_time": jobs.END,
        }
    )  # fmt: skip
    return list(dataset._captured(job, known, reading)), reading


def test_plain_records_are_lines() -> None:
    assert plain_captures.lines(_PLAIN, contract.PARTS, _WINDOW) == ["0.5,1,north", "0.25,2,south", "1,3,"]
    assert plain_captures.lines(_PLAIN, ["endpointInput"], _WINDOW) == ["1,north", "2,south", "3,"]


@pytest.mark.parametrize("other", _OTHER.values(), ids=_OTHER)
def test_one_that_is_not_plain_has_its_block_looked_at_closely(other: Any) -> None:
    assert plain_captures.lines([*_PLAIN, other, *_PLAIN], contract.PARTS, _WINDOW) is None


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    records=st.lists(st.sampled_from([*_PLAIN * 8, *_OTHER.values()]), min_size=1, max_size=40),
    block=st.integers(1, 3_000),
)
def test_rows_and_counts_are_those_of_record_by_record(tmp_path: Path, records: list[Any], block: int) -> None:
    expected, counted = _read(tmp_path, records)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(storage, "_BLOCK", block)
        patched.setattr(dataset, "_LOOKED_AT", 1)
        # Where the parts follow from the first record alone, they are to be the same ones.
        patched.setattr(captures, "fitting", lambda *_: contract.PARTS)
        rows, reading = _read(tmp_path, records)
        patched.setattr(plain_captures, "lines", lambda *_: None)
        closely, seen = _read(tmp_path, records)
    assert (rows, reading) == (closely, seen)
    assert reading.records == counted.records
    assert (len(rows), reading.unreadable) == (len(expected), counted.unreadable)
