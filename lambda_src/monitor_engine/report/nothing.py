# SPDX-License-Identifier: Apache-2.0
"""Result of a run that had nothing to compare: no failure and no finding, and it says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from monitor_engine.metrics import VIOLATIONS, Metric
from monitor_engine.report import page
from monitor_engine.report.page import Page
from monitor_engine.results import Document, Result, violations_document


def compared(
    title: str, remarks: Sequence[str], facts: Sequence[tuple[str, str]] = (), version: str = "", records: int = 0
) -> Result:
    """Return the result; `remarks` say why, the first one above all, and `version` is that of its files."""
    shown = Page(title, facts, remarks=remarks, is_run=False)
    files: dict[str, Document | str] = {
        "constraint_violations.json": violations_document([], version),
        "report.html": page.html(shown),
    }
    return Result(files, remarks=remarks, metrics=[Metric(VIOLATIONS)], records=records, is_idle=True)


def without_baseline(title: str, why: str, version: str = "") -> Result:
    """Return the result of a run without a baseline. It has no metrics, so that the alarm on missing runs tells."""
    return replace(compared(title, [why], version=version), metrics=[])
