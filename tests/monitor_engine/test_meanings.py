# SPDX-License-Identifier: Apache-2.0
"""The words of a report for people who do not know the names of checks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import monitor_engine
from monitor_engine.model_quality import constraints
from monitor_engine.report import meanings
from tests.monitor_engine import jobs

_SOURCES: Final = Path(monitor_engine.__file__).parent
_ROWS: Final = [(0.1 * (number % 10), number % 7) for number in range(200)]


def test_every_check_of_the_engine_is_explained() -> None:
    text = "".join(path.read_text("utf-8") for path in _SOURCES.rglob("*.py") if path.name != "meanings.py")
    checks = {check for check in re.findall(r'"(\w+_check)"', text) if check != "datatype_check"}
    checks |= {"missing_column_check", "extra_column_check", constraints.LESS, constraints.GREATER}
    assert len(checks) >= 10
    assert [check for check in sorted(checks) if f"<p>{check}: " not in meanings.of([check])] == []


def test_a_report_explains_what_it_found_once(tmp_path: Path) -> None:
    jobs.baseline(tmp_path, jobs.csv_of(["score", "size"], _ROWS))
    jobs.captures(tmp_path, [(f"{size}", f"{score + 5}") for score, size in _ROWS])
    report = jobs.monitored(tmp_path).report
    assert report.count("<p>baseline_drift_check: ") == 1
    assert "completeness_check" not in report
    assert report.count(meanings.DISTANCE) == 1
    jobs.captures(tmp_path, [(f"{size}", f"{score}") for score, size in _ROWS])
    quiet = jobs.monitored(tmp_path).report
    assert "_check: " not in quiet
    assert meanings.DISTANCE in quiet
