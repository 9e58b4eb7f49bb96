# SPDX-License-Identifier: Apache-2.0
"""What an approval changes, in lines."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.cli.pipelines import changes


def change(**told: Any) -> dict[str, Any]:
    plain = {"stage": "staging", "problem": "", "is_first": False, "template_changes": False, "monitors": []}
    return {**plain, "changed_parameters": [], **told}


def value(key: str, before: str | None, after: str | None) -> dict[str, str | None]:
    return {"key": key, "before": before, "after": after}


@pytest.mark.parametrize(
    ("told", "lines"),
    [
        ({"is_first": True}, ["new: staging has nothing of this pipeline yet"]),
        ({}, ["no parameter changes in staging"]),
        ({"template_changes": True}, ["changes the blueprint's template"]),
        ({"problem": "AWS did not"}, ["what it changes cannot be told: AWS did not"]),
        (
            {"smoke_tests_missing": ["dev"]},
            ["no parameter changes in staging", "smoke test in dev: its figures are not here yet"],
        ),
        (
            {"changed_parameters": [value("Size", "1", "2"), value("New", None, ""), value("Gone", "x", None)]},
            ["changes Size: 1 -> 2", "changes New: not set -> empty", "changes Gone: x -> not set"],
        ),
    ],
    ids=["first", "nothing", "template", "unknown", "late figures", "values"],
)
def test_each_change_is_a_line(told: dict[str, Any], lines: list[str]) -> None:
    assert list(changes.lines("staging", [change(stage="prod"), change(**told)])) == lines


def test_many_values_are_counted() -> None:
    many = [value(f"Key{number}", "1", "2") for number in range(14)]
    found = list(changes.lines("staging", [change(changed_parameters=many)]))
    assert (len(found), found[-1]) == (11, "changes 4 more parameters")


def test_what_monitors_found_before_is_told() -> None:
    run = {"stage": "dev", "status": "CompletedWithViolations", "message": "2 features"}
    monitor = {"short_name": "churn/data-quality", "runs": [run]}
    (_, last) = changes.lines("staging", [change(monitors=[monitor])])
    assert last == "churn/data-quality in dev: CompletedWithViolations. 2 features"
