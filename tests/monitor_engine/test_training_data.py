# SPDX-License-Identifier: Apache-2.0
"""Training data: captured rows with what turned out to be true, each once, divided the same way every time."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from monitor_engine import storage
from monitor_engine.training_data import parts
from tests.monitor_engine import jobs
from tests.monitor_engine.jobs import Ended, record

_HEADER = ["delayed", "size", "berth", "guess", "likely"]
_ROWS = [(number % 2, number, "north" if number % 3 else "south") for number in range(1_200)]
_QUALITY = {
    "problem_type": "BinaryClassification",
    "probability_attribute": "0",
    "target_column": "delayed",
    "prediction_column": "guess",
    "probability_column": "likely",
}


def _captured(rows: Iterable[tuple[Any, ...]] = _ROWS) -> list[dict[str, Any]]:
    return [record(f"{size},{berth}\n", "0.75\n", number) for number, (_, size, berth) in enumerate(rows)]


def _truth(folder: Path, labels: Iterable[tuple[str, object]], name: str = "labels") -> None:
    path = folder / "truth" / "2026/11/24/15" / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    told = ({"groundTruthData": {"data": label}, "eventMetadata": {"eventId": event}} for event, label in labels)
    path.write_text("".join(f"{json.dumps(one)}\n" for one in told))


def _labels(rows: Iterable[tuple[Any, ...]] = _ROWS) -> list[tuple[str, str]]:
    return [(f"event-{number}", f"{label}") for number, (label, *_) in enumerate(rows)]


def _run(folder: Path, header: Sequence[str] = _HEADER, **more: str) -> Ended:
    source = folder / "known" / "outcomes.csv"
    source.parent.mkdir(exist_ok=True)
    source.write_text(f"{','.join(header)}\n")
    given = {"baseline_data": str(source), "ground_truth_source": str(folder / "truth"), **_QUALITY, **more}
    return jobs.monitored(folder, analysis_type="TRAINING_DATA", **given)


def _lines(ended: Ended, name: str) -> list[str]:
    return (ended.output / name).read_text().splitlines()


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """A folder with captures and a label for each."""
    jobs.written(tmp_path, _captured())
    _truth(tmp_path, _labels())
    return tmp_path


def test_captures_with_their_truth_become_the_training_s_files(told: Path) -> None:
    ended = _run(told)
    train, validation = _lines(ended, "train.csv"), _lines(ended, "validation.csv")
    assert ended.message == (
        f"Completed: {len(train)} rows for training and {len(validation)} for validation of 1,200 captured records."
    )
    assert 180 < len(validation) < 300
    assert sorted([*train, *validation]) == sorted(f"{label},{size},{berth}" for label, size, berth in _ROWS)
    assert ended.document("data.json") == {
        "rows": len(train),
        "validation_rows": len(validation),
        "columns": ["delayed", "size", "berth"],
        "from": jobs.START,
        "to": jobs.END,
        "records": 1_200,
        "without_ground_truth": 0,
        "duplicates": 0,
        "lacking_features": 0,
        "empty_values": 0,
        "unreadable": 0,
    }
    assert not (ended.output / "run.json").exists()


def test_baselines_have_the_columns_that_monitors_need(told: Path) -> None:
    ended = _run(told)
    assert _lines(ended, "labelled.csv")[:3] == ["delayed,size,berth", "0,0,south", "1,1,north"]
    assert _lines(ended, "baseline.csv")[:2] == ["delayed,size,berth,guess,likely", "0,0,south,1,0.75"]
    assert len(_lines(ended, "baseline.csv")) == 1_201


def test_a_row_is_in_the_same_part_however_often_and_in_whatever_order(told: Path) -> None:
    first = set(_lines(_run(told), "validation.csv"))
    some = _captured()
    jobs.written(told, reversed(some))
    jobs.written(told, [record("7,late", "0.5", 5_000)], name="b")
    _truth(told, [("event-5000", "1")], name="later")
    again = _run(told)
    assert set(_lines(again, "validation.csv")) - {"1,7,late"} == first
    assert len(_lines(_run(told, validation_share="0.5"), "validation.csv")) > len(first) * 2


def test_without_a_share_everything_is_for_training(told: Path) -> None:
    ended = _run(told, validation_share="0")
    assert (len(_lines(ended, "train.csv")), _lines(ended, "validation.csv")) == (1_200, [])


def test_the_rows_of_one_record_stay_together() -> None:
    assert {parts.is_held_out("event-1", share) for share in (0.0, 1.0)} == {False, True}
    held_out = sum(parts.is_held_out(f"cell-{number}", 0.2) for number in range(20_000))
    assert 3_800 < held_out < 4_200


def test_more_records_need_no_more_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They pass as a stream: what is remembered of them lies on the disk."""
    monkeypatch.setattr(storage, "_BLOCK", 1 << 14)
    _run_of(tmp_path / "first", 1_500)
    few, many = (_run_of(tmp_path / str(count), count) for count in (1_500, 9_000))
    assert many < few * 1.2


def _run_of(folder: Path, count: int) -> int:
    """The most bytes that a job of so many records has had."""
    jobs.written(folder, _captured((1, number, "north") for number in range(count)))
    _truth(folder, ((f"event-{number}", "1") for number in range(count)))
    tracemalloc.start()
    try:
        assert _run(folder).status == 0
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_what_is_left_out_is_counted_and_told(tmp_path: Path) -> None:
    some = _captured(_ROWS[:200])
    broken = [
        record("1,north,3", "0.5", 200),
        record("1", "0.5", 201),
        record(",north", "0.5", 202),
        record("5,twice", "0.5", 3),
        record("5,none", "0.5", 204),
        "no capture",
    ]
    jobs.written(tmp_path, [*some, *broken])
    _truth(tmp_path, [*_labels(_ROWS[:200]), *((f"event-{number}", "1") for number in (200, 201, 202))])
    ended = _run(tmp_path)
    document = ended.document("data.json")
    assert document["rows"] + document["validation_rows"] == 201
    left_out = ("without_ground_truth", "duplicates", "lacking_features", "empty_values", "unreadable")
    assert [document[name] for name in left_out] == [1, 1, 2, 1, 1]
    rows = [*_lines(ended, "train.csv"), *_lines(ended, "validation.csv")]
    assert "1,,north" in rows
    assert not any("twice" in row or "none" in row for row in rows)
    for words in (
        "1 of 206 records have no ground truth yet.",
        "1 records whose identifier was met before were left out, the first of each counts.",
        "2 rows that lack a feature, or have more, were left out.",
        "1 rows have an empty value, and stay as the model was asked.",
        "1 of 206 records could not be read and were left out: a.jsonl, line 206",
    ):
        assert words in ended.message


def test_a_job_whose_records_are_unreadable_fails_and_says_which(tmp_path: Path) -> None:
    jobs.written(tmp_path, [*_captured(_ROWS[:10]), "no capture"])
    _truth(tmp_path, _labels(_ROWS[:10]))
    ended = _run(tmp_path)
    assert ended.status == 1
    assert ended.message.startswith("1 of 11 captured records cannot be read, and 5% may be: a.jsonl, line 11")
    assert not (ended.output / "data.json").exists()


@pytest.mark.parametrize(
    ("labels", "message"),
    [([], "none has come since the start of the window"), ([("event-77", "1")], "none of its identifiers is captured")],
    ids=["no-truth", "other-truth"],
)
def test_nothing_to_train_with_is_no_failure(tmp_path: Path, labels: list[tuple[str, str]], message: str) -> None:
    jobs.written(tmp_path, _captured(_ROWS[:10]))
    _truth(tmp_path, labels)
    ended = _run(tmp_path)
    assert ended.status == 0
    assert ended.message.startswith("Completed: there is no row to train with. none of 10 records has ground truth")
    assert message in ended.message
    assert (ended.document("data.json")["rows"], ended.document("data.json")["validation_rows"]) == (0, 0)


def test_nothing_captured_is_no_failure(tmp_path: Path) -> None:
    jobs.written(tmp_path, [])
    _truth(tmp_path, [])
    ended = _run(tmp_path)
    assert (ended.status, ended.message) == (0, "Completed: nothing was captured in the window.")
    assert ended.document("data.json")["columns"] == ["delayed", "size", "berth"]


@pytest.mark.parametrize(
    ("header", "named"),
    [
        (["delayed", "guess", "likely"], ["_c0", "_c1"]),
        (["ship", "delayed", "guess", "likely"], ["_c0", "_c1"]),
        (["size", "likely", "delayed", "berth", "guess"], ["size", "berth"]),
    ],
    ids=["answers-alone", "other-columns", "any-order"],
)
def test_columns_are_named_by_the_baseline_where_it_has_them(told: Path, header: list[str], named: list[str]) -> None:
    ended = _run(told, header)
    assert ended.document("data.json")["columns"] == ["delayed", *named]
    assert _lines(ended, "labelled.csv")[1] == "0,0,south"
    assert ("the baseline has other columns than what the endpoint is asked (ship)" in ended.message) == (
        "ship" in header
    )


def test_features_of_json_have_the_baseline_s_order(tmp_path: Path) -> None:
    asked = [{"instances": [{"berth": berth, "size": size, "by": "sea"}]} for _, size, berth in _ROWS[:50]]
    asked[7] = {"instances": [{"berth": "north", "by": "sea"}]}
    jobs.captures(tmp_path, [(one, [[0.25]]) for one in asked])
    _truth(tmp_path, _labels(_ROWS[:50]))
    ended = _run(tmp_path, features_attribute="instances")
    assert _lines(ended, "baseline.csv")[1] == "0,0,south,0,0.25"
    assert ended.document("data.json")["lacking_features"] == 1


def test_rows_of_a_batch_each_have_their_label(tmp_path: Path) -> None:
    jobs.captures(tmp_path, [("1,north\n2,south\n", "0.1\n0.9\n"), ("3,north\n4,south\n", "0.1\n0.9\n")])
    _truth(tmp_path, [("event-0", "0\n1"), ("event-1", "1")])
    ended = _run(tmp_path, unreadable_share="0.5")
    assert _lines(ended, "baseline.csv")[1:] == ["0,1,north,0,0.1", "1,2,south,1,0.9"]
    assert "it has 1 labels for 2 rows" in ended.message


def test_a_regression_has_numbers(tmp_path: Path) -> None:
    jobs.captures(tmp_path, [("1,2", "3.5"), ("2,3", "4.25"), ("3,4", "5")])
    _truth(tmp_path, [("event-0", "3.75"), ("event-1", "unknown"), ("event-2", "1e400")])
    given = {"problem_type": "Regression", "inference_attribute": "0", "probability_column": ""}
    ended = _run(tmp_path, ["delayed", "guess"], unreadable_share="0.9", **given)
    assert _lines(ended, "baseline.csv") == ["delayed,_c0,_c1,guess", "3.75,1,2,3.5"]
    assert 'its true value "unknown" is no number' in ended.message


def test_a_bias_monitor_s_columns_are_those_of_its_configuration(told: Path) -> None:
    stated = {
        "headers": ["size", "delayed", "berth"],
        "label": "delayed",
        "label_values_or_threshold": [0],
        "facet": [{"name_or_index": "berth"}],
    }
    (told / "analysis_config.json").write_text(json.dumps(stated))
    ended = _run(told, analysis_config=str(told / "analysis_config.json"), baseline_data="")
    assert ended.document("data.json")["columns"] == ["delayed", "size", "berth"]
    assert _lines(ended, "baseline.csv") == _lines(ended, "labelled.csv")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"validation_share": "0.6"}, "validation_share is '0.6': give a number from 0 to 0.5"),
        ({"baseline_data": ""}, "baseline_data is missing"),
        ({"ground_truth_source": ""}, "ground_truth_source is missing"),
        ({"target_column": "late"}, "target_column is 'late', and the baseline has delayed, size"),
        ({"baseline_data": "/nowhere/outcomes.csv"}, "there is no baseline at baseline_data"),
    ],
    ids=["share", "no-baseline", "no-truth", "no-target", "baseline-is-gone"],
)
def test_an_environment_that_is_not_right_is_told(told: Path, given: dict[str, str], words: str) -> None:
    ended = _run(told, **given)
    assert ended.status == 1
    assert words in ended.message
