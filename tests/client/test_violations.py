# SPDX-License-Identifier: Apache-2.0
"""What was found and what is allowed, out of the sentences of the engine and of Model Monitor."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_orchestrator.client.violations import Violation, Violations
from tests.monitor_engine import jobs

_ROWS = [(0.1 * (number % 10), number % 7, "north" if number % 3 else "south") for number in range(200)]


def test_every_sentence_of_the_engine_about_data_is_read(tmp_path: Path) -> None:
    """A changed sentence would be shown whole, and without what is allowed."""
    jobs.baseline(tmp_path, jobs.csv_of(["score", "size", "berth"], _ROWS))
    changed = [("a few,west", "0.9"), (",west", "0.9"), ("100,west,1", "0.9"), ("7", "0.9")] * 50
    jobs.captures(tmp_path, changed)
    found = Violations.of_entries(jobs.monitored(tmp_path).violations)
    assert {one.check for one in found} == {
        "missing_column_check", "extra_column_check", "data_type_check", "completeness_check", "baseline_drift_check",
        "categorical_values_check",
    }  # fmt: skip
    assert [one for one in found if not one.allowed or one.found == one.description] == []
    told = {(one.feature, one.check): (one.found, one.allowed) for one in found}
    assert told["Missing columns", "missing_column_check"] == ("2 columns", "3")
    assert told["berth", "completeness_check"] == ("75.0% complete", "100.0% at least")
    assert told["berth", "categorical_values_check"] == ("0.0% known values", "100.0% at least")


@pytest.mark.parametrize(
    ("description", "found", "allowed"),
    [
        ("Baseline drift distance: 0.05 exceeds threshold: 0.01", "distance 0.05", "0.01 at most"),
        ("Baseline drift p-value: 1.2e-05 is below threshold: 0.1", "p-value 1.2e-05", "0.1 at least"),
        (
            "Data type match requirement is not met. Expected data type: Integral, Expected match: 100.0%. "
            "Observed: Only 99.7% of data is Integral.",
            "99.7% are Integral",
            "100.0% at least",
        ),
        (
            "Metric r2 with 0.05710 +/- 0.0218 was LessThanThreshold '0.7224'",
            "0.05710 +/- 0.0218",
            "0.7224 at least",
        ),
        ("Metric mae with 2.5 +/- 0 was GreaterThanThreshold '1'", "2.5 +/- 0", "1 at most"),
        (
            "DPPL of 1 is -0.31, farther from 0 than the baseline's 0.1: it does not meet the constraint requirement",
            "DPPL of 1: -0.31",
            "no farther from 0 than 0.1",
        ),
        (
            "nDCG score 0.690 does not meet the constraint requirement of 0.9: first were a, b, now b, a",
            "nDCG 0.690",
            "0.9 at least",
        ),
        ("Something that AWS says tomorrow.", "Something that AWS says tomorrow.", ""),
    ],
    ids=["distance", "p-value", "type", "less", "greater", "bias", "order", "unknown"],
)
def test_a_sentence_is_read(description: str, found: str, allowed: str) -> None:
    violation = Violation("a", "b", description)
    assert (violation.found, violation.allowed) == (found, allowed)


def test_an_entry_of_clarify_has_the_facet_as_its_feature() -> None:
    entry = {"facet": "berth", "facet_value": "1", "metric_name": "DPPL", "description": "..."}
    assert Violation.of(entry).feature == "berth"
