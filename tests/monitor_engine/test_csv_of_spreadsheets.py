# SPDX-License-Identifier: Apache-2.0
"""CSV as spreadsheets write it: the numbers of the file were computed by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.monitor_engine import jobs

# A byte-order mark, CRLF, quoted commas, quotes and a line break, empty values, a short row, an empty line at the end.
_FILE = (
    "\ufefflabel,income,city,note,empty\r\n"
    '1,10.5,"Berlin, Mitte","said ""yes""",\r\n'
    "0,-2.5,Paris,,\r\n"
    "1,,Paris,x,\r\n"
    '0,4,"Berlin, Mitte","two\r\nlines",\r\n'
    "3,0\r\n"
    "\r\n"
).encode()
_NUMBERS = {
    # 1 + 0 + 1 + 0 + 3 = 5 in 5 rows; the squares of the distances to 1 are 0 + 1 + 0 + 1 + 4 = 6.
    "label": {"sum": 5.0, "mean": 1.0, "std_dev": (6 / 5) ** 0.5, "min": 0.0, "max": 3.0},
    # 10.5 - 2.5 + 4 + 0 = 12 in 4 values; the distances to 3 are 7.5, 5.5, 1, 3: 56.25 + 30.25 + 1 + 9 = 96.5.
    "income": {"sum": 12.0, "mean": 3.0, "std_dev": (96.5 / 4) ** 0.5, "min": -2.5, "max": 10.5},
}


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    ended = jobs.baseline(tmp_path_factory.mktemp("spreadsheet"), _FILE)
    assert ended.status == 0, ended.message
    statistics = ended.document("statistics.json")
    assert statistics["dataset"] == {"item_count": 5}
    return {feature["name"]: feature for feature in statistics["features"]}


@pytest.mark.parametrize("name", ["label", "income"])
def test_numbers(features: dict[str, Any], name: str) -> None:
    found = features[name]["numerical_statistics"]
    assert {key: found[key] for key in _NUMBERS[name]} == pytest.approx(_NUMBERS[name])


@pytest.mark.parametrize(
    ("name", "kind", "present", "missing"),
    [
        ("label", "Integral", 5, 0),
        ("income", "Fractional", 4, 1),
        ("city", "String", 4, 1),
        ("note", "String", 3, 2),
        ("empty", "Unknown", 0, 5),
    ],
)
def test_what_is_present_and_what_is_missing(
    features: dict[str, Any], name: str, kind: str, present: int, missing: int
) -> None:
    found = features[name].get("numerical_statistics") or features[name]["string_statistics"]
    assert features[name]["inferred_type"] == kind
    assert found["common"] == {"num_present": present, "num_missing": missing}


def test_strings_keep_their_commas_quotes_and_lines(features: dict[str, Any]) -> None:
    found = {
        name: features[name]["string_statistics"]["distribution"]["categorical"]["buckets"] for name in ("city", "note")
    }
    assert {bucket["value"]: bucket["count"] for bucket in found["city"]} == {"Berlin, Mitte": 2, "Paris": 2}
    assert {bucket["value"] for bucket in found["note"]} == {'said "yes"', "x", "two\nlines"}
