# SPDX-License-Identifier: Apache-2.0
"""Baselines of data quality, good ones and bad ones: a result, or a sentence that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.monitor_engine import jobs

_SMALL = "late,hours,berth\n1,2.5,north\n0,,south\n1,4,north\n"


def test_statistics_and_constraints_are_those_of_the_data(tmp_path: Path) -> None:
    ended = jobs.baseline(tmp_path, _SMALL)
    assert (ended.status, ended.message) == (0, "Completed: Job completed successfully with no violations.")
    late, hours, berth = ended.document("statistics.json")["features"]
    assert [one["inferred_type"] for one in (late, hours, berth)] == ["Integral", "Fractional", "String"]
    numbers = hours["numerical_statistics"]
    assert numbers["common"] == {"num_present": 2, "num_missing": 1}
    assert {name: numbers[name] for name in ("mean", "sum", "std_dev", "min", "max")} == {
        "mean": 3.25, "sum": 6.5, "std_dev": 0.75, "min": 2.5, "max": 4.0,
    }  # fmt: skip
    assert [bucket["count"] for bucket in numbers["distribution"]["kll"]["buckets"]] == [1.0, *[0.0] * 8, 1.0]
    assert numbers["distribution"]["kll"]["sketch"]["data"] == [[2.5, 4.0]]
    assert berth["string_statistics"] == {
        "common": {"num_present": 3, "num_missing": 0},
        "distinct_count": 2,
        "distribution": {"categorical": {"buckets": [{"value": "north", "count": 2}, {"value": "south", "count": 1}]}},
    }
    constraints = ended.document("constraints.json")
    assert constraints["features"] == [
        {"name": "late", "inferred_type": "Integral", "completeness": 1.0,
         "num_constraints": {"is_non_negative": True}},
        {"name": "hours", "inferred_type": "Fractional", "completeness": 2 / 3,
         "num_constraints": {"is_non_negative": True}},
        {"name": "berth", "inferred_type": "String", "completeness": 1.0,
         "string_constraints": {"domains": ["north", "south"]}},
    ]  # fmt: skip
    drift = constraints["monitoring_config"]["distribution_constraints"]
    assert (drift["comparison_threshold"], drift["categorical_comparison_threshold"]) == (0.1, 0.1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "train.csv is empty"),
        ("late,hours\n", "has no rows"),
        ("late,hours\n\n\n", "has no rows"),
        (b"late,name\n1,caf\xe9\n", "train.csv is not UTF-8: line 2, byte 6"),
        (b"caf\xe9,name\n1,2\n", "train.csv is not UTF-8: line 1, byte 4"),
        ("a,b,a\n1,2,3\n", "'a' more than once"),
        ("a,,c\n1,2,3\n", "no name for column 2"),
        ("a,b\n1,2\n1,2,3\n", "line 3, has 3 values for 2 columns"),
        ('a,b\n1,"2\n', "is not CSV"),
        ('a,b\n1,"2,3",4\n', "line 2, has 3 values for 2 columns"),
    ],
    ids=[
        "empty",
        "header",
        "blank-lines",
        "latin",
        "latin-header",
        "twice",
        "unnamed",
        "long-row",
        "quote",
        "long-quoted",
    ],
)
def test_a_baseline_that_cannot_be_used_says_why(tmp_path: Path, content: str | bytes, words: str) -> None:
    ended = jobs.baseline(tmp_path, content)
    assert ended.status == 1
    assert words in ended.message
    assert not (ended.output / "constraints.json").exists()


def test_no_file_says_where_it_was_looked_for(tmp_path: Path) -> None:
    jobs.csv(tmp_path, "a\n1\n").unlink()
    ended = jobs.run(tmp_path, {"dataset_format": '{"csv": {}}', "dataset_source": str(tmp_path / "data")})
    assert (ended.status, "there is no file at" in ended.message) == (1, True)


def test_one_row_is_a_baseline_that_says_what_it_is_worth(tmp_path: Path) -> None:
    ended = jobs.baseline(tmp_path, "a,b\n1,x\n")
    assert ended.status == 0
    assert "the baseline has one row" in ended.message
    assert ended.document("statistics.json")["features"][0]["numerical_statistics"]["std_dev"] == 0.0


def test_a_constant_column_has_one_bucket_with_everything(tmp_path: Path) -> None:
    ended = jobs.baseline(tmp_path, "a\n" + "7\n" * 50)
    found = ended.document("statistics.json")["features"][0]["numerical_statistics"]
    assert (found["mean"], found["std_dev"]) == (7.0, 0.0)
    assert sum(bucket["count"] for bucket in found["distribution"]["kll"]["buckets"]) == 50
    jobs.captures(tmp_path, [("", "7")] * 50 + [])
    jobs.written(tmp_path, [jobs.record(None, "7", number) for number in range(50)])
    assert jobs.monitored(tmp_path).violations == []


def test_a_column_without_values_is_unknown_and_named(tmp_path: Path) -> None:
    ended = jobs.baseline(tmp_path, "a,b\n1,\n2,\n")
    assert ended.status == 0
    assert "without any value, and so without a type: b" in ended.message
    unknown = ended.document("constraints.json")["features"][1]
    assert (unknown["inferred_type"], unknown["completeness"]) == ("Unknown", 0.0)


def test_five_thousand_columns_are_a_baseline_with_a_small_report(tmp_path: Path) -> None:
    names = [f"feature_{number}" for number in range(5_000)]
    ended = jobs.baseline(tmp_path, jobs.csv_of(names, [range(5_000), range(1, 5_001)]))
    assert ended.status == 0
    assert len(ended.document("constraints.json")["features"]) == 5_000
    assert len(ended.report.encode()) < 200_000
    assert all(name in ended.report for name in names)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "mac"])
def test_line_ends_and_a_byte_order_mark_do_not_matter(tmp_path: Path, end: str) -> None:
    plain = jobs.baseline(tmp_path / "plain", _SMALL).document("statistics.json")
    other = "\ufeff" + _SMALL.replace("\n", end)
    assert jobs.baseline(tmp_path / "other", other).document("statistics.json") == plain


def test_mixed_line_ends_do_not_matter(tmp_path: Path) -> None:
    ended = jobs.baseline(tmp_path, "a,b\r\n1,x\n2,y\r3,x\r\n")
    assert ended.document("statistics.json")["dataset"]["item_count"] == 3


def test_quotes_hold_commas_and_line_ends(tmp_path: Path) -> None:
    ended = jobs.baseline(tmp_path, '"a","b, c"\n1,"x, y"\n2,"line\nbreak"\n')
    a, b = ended.document("statistics.json")["features"]
    assert (a["inferred_type"], b["name"]) == ("Integral", "b, c")
    buckets = b["string_statistics"]["distribution"]["categorical"]["buckets"]
    assert {bucket["value"] for bucket in buckets} == {"x, y", "line\nbreak"}


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2"], "Integral"), (["1.0", "2"], "Fractional"), (["1e3"], "Fractional"), (["1", ""], "Integral"),
        (["007", "08"], "Integral"), (["true", "false"], "String"), (["NaN", "1"], "String"), (["inf", "1"], "String"),
        (["9" * 30], "Integral"), (["9" * 400], "String"), (["1e999"], "String"), (["A1", "007"], "String"),
        (["-0.5", "+3"], "Fractional"), (["1,5"], "String"), ([" 4 "], "Integral"),
    ],
    ids=lambda given: given if isinstance(given, str) else " ".join(given)[:40],
)  # fmt: skip
def test_types_follow_from_each_value_s_text(tmp_path: Path, values: list[str], kind: str) -> None:
    text = "".join(f'"{value}"\n' if "," in value else f"{value}\n" for value in values if value)
    ended = jobs.baseline(tmp_path, f"a\n{text}")
    assert ended.document("statistics.json")["features"][0]["inferred_type"] == kind


def test_whole_numbers_beside_missing_ones_are_integral(tmp_path: Path) -> None:
    ended = jobs.baseline(tmp_path, "a,b,c\n1,1,1.0\n,2,\n3,,3.0\n")
    assert [one["inferred_type"] for one in ended.document("statistics.json")["features"]] == [
        "Integral", "Integral", "Fractional",
    ]  # fmt: skip


def test_numbers_among_texts_are_categories_as_they_are_written(tmp_path: Path) -> None:
    """The first rows are numbers alone, so that their texts are read a second time."""
    rows = [["007"]] * 20_000 + [["A1"]]
    ended = jobs.baseline(tmp_path, jobs.csv_of(["berth"], rows))
    found = ended.document("statistics.json")["features"][0]["string_statistics"]
    assert found["distribution"]["categorical"]["buckets"] == [
        {"value": "007", "count": 20_000}, {"value": "A1", "count": 1},
    ]  # fmt: skip


def test_json_lines_are_a_baseline(tmp_path: Path) -> None:
    source = jobs.csv(tmp_path, '{"a": 1, "b": {"c": "x"}}\n{"a": 2.5, "b": {"c": null}}\n')
    ended = jobs.run(tmp_path, {"dataset_format": '{"json": {"lines": true}}', "dataset_source": str(source)})
    features = ended.document("constraints.json")["features"]
    assert [(one["name"], one["inferred_type"]) for one in features] == [("a", "Fractional"), ("b.c", "String")]
