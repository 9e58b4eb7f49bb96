# SPDX-License-Identifier: Apache-2.0
"""The benchmark of monitors with few records: what is measured is the same job, and nothing stays behind.

How long anything takes is not a matter of tests.
"""

from __future__ import annotations

import csv
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scripts.benchmark import bench_monitors, monitor_data
from scripts.benchmark.bench_monitors import Asked, Row
from scripts.benchmark.monitor_data import Data

_OTHER = Row("Evidently 1", 1_000, 50.0, 45.0, 1_300.0, 5_000.0)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the benchmark writes."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_each_job_is_measured_and_nothing_is_left(temporary: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench_monitors.main(["--json", "--records=600", "--baseline=500"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["name"], row["records"]) for row in rows] == [
        ("engine, baseline", 500), ("engine, one record", 1), ("engine, run", 600),
    ]  # fmt: skip
    # The shifted columns are found, and no other: it is the whole job that was measured.
    assert rows[-1]["violations"] == len(monitor_data.SHIFTED)
    assert all(row[name] > 0 for row in rows for name in ("seconds", "cpu_seconds", "memory_mb", "report_kb"))
    assert not any(temporary.iterdir())


def test_captures_and_arrays_are_the_same_numbers(tmp_path: Path) -> None:
    data = Data(tmp_path)
    monitor_data.write_baseline(data, 50)
    size = monitor_data.write_captures(data, 40, with_array=True)
    files = [path for path in data.captures(40).rglob("*") if path.is_file()]
    records = [json.loads(line) for path in files for line in path.read_text("utf-8").splitlines()]
    rows = [f"{_side(record, 'Output')},{_side(record, 'Input')}".split(",") for record in records]
    assert np.array_equal(np.array(rows, dtype=np.float64), np.load(data.arrays / "current.npy"))
    assert size == sum(path.stat().st_size for path in files)
    with data.baseline.open(encoding="utf-8") as file:
        header, *stated = csv.reader(file)
    assert header == monitor_data.names()
    assert np.array_equal(np.array(stated, dtype=np.float64), np.load(data.arrays / "reference.npy"))


def _side(record: dict[str, Any], side: str) -> str:
    text: str = record["captureData"][f"endpoint{side}"]["data"]
    return text


def test_the_table_has_ratios_to_what_was_measured_of_as_many_records() -> None:
    rows = [
        Row("engine, run", 1_000, 10.0, 9.0, 130.0, 22.8, 2),
        _OTHER,
        Row("engine, run", 10_000, 100.0, 90.0, 130.0, 22.9, 2),
    ]
    heading, ours, other, longer = (line.split() for line in bench_monitors.table(rows).splitlines())
    assert heading[-2:] == ["time", "memory"]
    assert ours[-2:] == ["0.20", "0.10"]
    assert other[-2:] == ["1.00", "1.00"]
    assert longer[-2:] == ["-", "-"]
    assert bench_monitors.table(rows[:1]).splitlines()[1].split()[-2:] == ["-", "-"]


def test_a_full_disk_is_said_before_anything_is_written(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 2_000))
    assert bench_monitors.main(["--records=1000", "--baseline=10"]) == 1
    assert "has room for 0.0 GB, and 0.0 GB are needed: set TMPDIR to another folder" in capsys.readouterr().err
    assert not any(temporary.iterdir())


def test_what_cannot_be_measured_is_said(temporary: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # This Python has no Evidently.
    assert bench_monitors.main(["--records=5", "--baseline=5", f"--evidently={sys.executable}"]) == 1
    assert "could not be measured: " in (said := capsys.readouterr().err)
    assert "No module named 'evidently'" in said
    assert not any(temporary.iterdir())


def test_a_second_window_is_measured_without_its_array(temporary: Path) -> None:
    rows = list(bench_monitors.measured(Asked(records=30, baseline=20, more=60)))
    assert [row.records for row in rows] == [20, 1, 30, 60]
