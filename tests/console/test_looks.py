# SPDX-License-Identifier: Apache-2.0
"""How figures look in tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from scripts.console import app, looks
from scripts.console.guard import Guard
from tests.console.visiting import PORT, TOKEN

FOUND = {
    "stage": "dev",
    "account": "111111111111",
    "at": "2026-11-30T10:00:00Z",
    "calls": 3,
    "errors": 0,
    "problem": "",
}
TIMES = {"p50_ms": 12, "p95_ms": 30, "max_ms": 31}


@pytest.mark.parametrize(("value", "shown"), [(3.24, "3.2"), (9.99, "10.0"), (49.429, "49"), (1234.5, "1234")])
def test_latencies_have_no_digits_that_nobody_needs(value: float, shown: str) -> None:
    assert looks.milliseconds(value) == shown


@pytest.fixture
def table() -> Iterator[Any]:
    """The macros of what an approval changes."""
    made = app.make(cast("Any", None), Guard(PORT, TOKEN))
    with made.test_request_context():
        yield made.jinja_env.get_template("changes.html").module


def test_late_figures_are_named(table: Any) -> None:
    shown = table.shown({"stage": "prod", "smoke_tests": [], "smoke_tests_missing": ["dev", "staging"]})
    assert "The figures of the smoke test in dev and staging are not here yet." in shown


def test_what_failed_is_a_column_where_something_did(table: Any) -> None:
    good, bad = {**FOUND, **TIMES}, {**FOUND, **TIMES, "errors": 1, "problem": "It said <no>."}
    assert "What failed" not in table.smoke_tests([good], "Smoke tests")
    shown = str(table.smoke_tests([good, bad], "Smoke tests"))
    assert shown.count("What failed") == 3
    assert ">It said &lt;no&gt;.<" in shown
