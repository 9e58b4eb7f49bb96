# SPDX-License-Identifier: Apache-2.0
"""Model cards as people read them."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.cli.cards import card_text

_CARD = {
    "ModelCardName": "berths",
    "ModelCardVersion": 2,
    "ModelCardStatus": "Approved",
    "CreationTime": "2026-11-30T08:00:12+00:00",
}


def _section(content: Any) -> list[str]:
    lines = list(card_text.lines({**_CARD, "Content": {"evaluation_details": content}}))
    assert lines[:4] == ["berths, version 2: Approved", "created 2026-11-30 08:00", "", "evaluation details"]
    return lines[4:]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"model_owner": "Harbour office"}, ["  model owner: Harbour office"]),
        ({"datasets": ["s3://a", "s3://b"]}, ["  datasets", "    s3://a", "    s3://b"]),
        ([{"name": "auc", "value": 0.9, "notes": "best"}], ["  auc: 0.9  (best)"]),
        ([{"name": "auc", "type": "number", "value": 0.91, "notes": "all"}], ["  auc: 0.91  (all)"]),
        ([{"name": "m", "type": "matrix", "value": [[118, 9], [14, 59]]}], ["  m", "    118  9", "    14  59"]),
        (
            [{"name": "winter", "metric_groups": [{"name": "all", "metric_data": []}]}],
            ["  winter", "    metric groups", "      all", "        metric data"],
        ),
    ],
    ids=["text", "list", "named value", "metric", "matrix", "groups"],
)
def test_a_value_has_its_form(content: Any, expected: list[str]) -> None:
    assert _section(content) == expected


@pytest.mark.parametrize("names", [["north", "south"], "berths", None], ids=["names", "one name", "no name"])
def test_a_bar_chart_is_drawn(names: Any) -> None:
    """As long as the value is large against the largest; an axis may have one name for all."""
    chart = {"name": "delays", "type": "bar_chart", "value": [12, 6], "x_axis_name": names}
    head, *bars = _section([chart if names else {**chart, "x_axis_name": []}])
    assert head == "  delays"
    assert [bar.count("█") for bar in bars] == [30, 15]
    assert [bar.rsplit(" ", 1)[1] for bar in bars] == ["12", "6"]
    assert all(bar.strip().startswith(name) for bar, name in zip(bars, ["north", "south"], strict=True)) is (
        names == ["north", "south"]
    )


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Model card with the name: x has been deleted", ["Model card with the name: x has been deleted"]),
        ({"ModelCardSummaries": [{"ModelCardName": "a", "ModelCardStatus": "Draft"}]}, ["a: Draft"]),
        ({"ModelCardSummaries": []}, ["There are no such model cards."]),
        ({**_CARD, "Content": ""}, ["berths, version 2: Approved", "created 2026-11-30 08:00"]),
    ],
    ids=["sentence", "list", "empty list", "card"],
)
def test_each_answer_has_a_text(message: Any, expected: list[str]) -> None:
    assert list(card_text.told(message)) == expected
