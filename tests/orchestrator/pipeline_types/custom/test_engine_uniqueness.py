# SPDX-License-Identifier: Apache-2.0
"""`uniqueItems` means what JSON Schema says, and its time is that of reading the list."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.pipeline_types.custom.schema import engine

SCHEMA = {"type": "object", "properties": {"a": {"type": "array", "uniqueItems": True}}}


@pytest.mark.parametrize(
    ("entries", "unique"),
    [
        ([], True),
        ([1, 2], True),
        ([1, 1.0], False),
        ([1, True], True),
        ([0, False], True),
        (["1", 1], True),
        ([{"a": 1, "b": 2}, {"b": 2.0, "a": 1}], False),
        ([[1], [1, 1]], True),
        ([1e300, 1e300], False),
        (["\u00e9", "e\u0301"], True),
    ],
    ids=ascii,
)
def test_entries_are_compared_as_json_schema_compares_them(entries: list[Any], unique: bool) -> None:
    assert (not engine.problems(SCHEMA, {"a": entries})) is unique


def test_no_entry_is_compared_with_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of 50 KB took 42 s."""

    def compared(*_: Any) -> Any:
        raise AssertionError("jsonschema compares each entry with each other")

    monkeypatch.setattr("jsonschema._keywords.uniq", compared)
    assert engine.problems(SCHEMA, {"a": [[number] for number in range(20_000)]}) == []
