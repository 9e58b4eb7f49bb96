# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest

from mlops_orchestrator.errors import Problem
from scripts.console import forms

DETAILS: dict[str, Any] = {
    "request_schema": {
        "properties": {
            "pipeline_type": {"const": "a_type"},
            "name": {"type": "string", "description": "its name"},
            "count": {"type": "integer"},
            "share": {"anyOf": [{"type": "number"}, {"$ref": "#/$defs/Staged"}]},
            "kind": {"enum": ["a", "b"]},
            "dry_run": {"type": "boolean"},
        },
        "required": ["pipeline_type", "count"],
        "$defs": {"Staged": {"type": "object"}},
    },
    "example": {"name": "churn", "share": {"dev": 1}},
}
FIELDS = {field.key: field for field in forms.fields(DETAILS)}


@pytest.mark.parametrize(
    "request_",
    [{"name": "churn", "count": 3}, {"share": {"dev": 0.5}, "kind": "a"}, {"name": "7"}, {"share": 1, "name": "ä b"}],
    ids=["number", "by-stage", "digits", "umlaut"],
)
def test_a_request_is_typed_and_read_again(request_: dict[str, Any]) -> None:
    typed = forms.typed({"pipeline_type": "a_type", **request_}, FIELDS.values())
    assert forms.body("a_type", FIELDS.values(), typed) == {"pipeline_type": "a_type", **request_}


def test_what_is_required_comes_first_and_what_the_page_knows_is_not_asked() -> None:
    assert list(FIELDS) == ["count", "name", "share", "kind"]
    assert [field.is_required for field in FIELDS.values()] == [True, False, False, False]
    assert (FIELDS["name"].description, FIELDS["name"].example) == ("its name", "churn")
    assert FIELDS["share"].example == '{"dev": 1}'
    assert [field.is_long for field in FIELDS.values()] == [False, False, True, False]
    assert FIELDS["kind"].choices == ("a", "b")


@pytest.mark.parametrize(
    ("key", "typed", "value"),
    [
        ("name", "12", "12"),
        ("name", '{"a": 1}', '{"a": 1}'),
        ("count", "12", 12),
        ("count", "twelve", "twelve"),
        ("count", "1.5", "1.5"),
        ("share", "2", 2),
        ("share", "0.5", 0.5),
        ("share", '{"dev": 0.5}', {"dev": 0.5}),
        ("share", '{"dev": ', '{"dev": '),
    ],
)
def test_what_is_typed_becomes_a_value_of_the_key(key: str, typed: str, value: Any) -> None:
    assert FIELDS[key].value(typed) == value


def test_what_is_left_empty_is_left_out() -> None:
    typed = {"name": "  churn ", "count": "", "unknown": "x"}
    assert forms.body("a_type", FIELDS.values(), typed) == {"pipeline_type": "a_type", "name": "churn"}


def test_every_problem_stands_at_its_field() -> None:
    problems = [
        Problem("count", "is required"),
        Problem("share.dev", "must be 1 at most"),
        Problem("shares", "is unknown"),
        Problem("", "the request is too long"),
    ]
    assert forms.by_field(problems, list(FIELDS.values())) == {
        "count": ["is required"],
        "share": ["dev: must be 1 at most"],
        "": ["shares: is unknown", "the request is too long"],
    }
