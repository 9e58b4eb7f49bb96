# SPDX-License-Identifier: Apache-2.0
"""Runs of data quality on captures: what is read, what is found, what is left out, and what is said of it."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tests.monitor_engine import jobs
from tests.monitor_engine.jobs import record

_ROWS = [(0.1 * (number % 10), number % 7, "north" if number % 3 else "south") for number in range(200)]
_BASELINE = jobs.csv_of(["score", "size", "berth"], _ROWS)
_LINES = [(f"{size},{berth}\n", f"{score}\n") for score, size, berth in _ROWS]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    jobs.baseline(tmp_path, _BASELINE)
    return tmp_path


def test_the_data_of_the_baseline_has_no_violations(folder: Path) -> None:
    jobs.captures(folder, _LINES)
    ended = jobs.monitored(folder)
    assert (ended.status, ended.message) == (0, "Completed: Job completed successfully with no violations.")
    assert ended.violations == []
    statistics = ended.document("statistics.json")
    baseline = json.loads((folder / "baseline" / "statistics.json").read_text("utf-8"))
    assert statistics == baseline
    assert "No violations" in ended.report


def test_each_kind_of_violation_is_found(folder: Path) -> None:
    changed = [("a few,west", "0.9"), (",west", "0.9"), ("100,west,1", "0.9"), ("7", "0.9")] * 50
    jobs.captures(folder, changed)
    ended = jobs.monitored(folder)
    assert ended.findings == {
        ("Missing columns", "missing_column_check"), ("Extra columns", "extra_column_check"),
        ("size", "data_type_check"), ("size", "completeness_check"), ("berth", "categorical_values_check"),
        ("berth", "completeness_check"), ("score", "baseline_drift_check"), ("size", "baseline_drift_check"),
        ("berth", "baseline_drift_check"),
    }  # fmt: skip
    assert ended.message.startswith("CompletedWithViolations: Job completed successfully with 9 violations. ")
    assert len(ended.message) <= 1_024
    assert "new: 'west'" in next(one["description"] for one in ended.violations if "values" in one["description"])
    for one in ended.violations:
        assert one["description"].split(",")[0].split("'")[0] in ended.report


def test_the_message_names_the_feature_that_drifted_and_by_how_much(folder: Path) -> None:
    jobs.captures(folder, [(f"{size},{berth}", f"{score + 0.5}") for score, size, berth in _ROWS])
    ended = jobs.monitored(folder)
    assert ended.findings == {("score", "baseline_drift_check")}
    assert "score: baseline_drift_check 0.32 > 0.1." in ended.message


def _b64(text: str) -> dict[str, str]:
    return jobs.part(base64.b64encode(text.encode()).decode(), "BASE64", "application/octet-stream")


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        ("{size},{berth}", "{score}"),
        ('{size},"{berth}"', "{score}"),
        ('[{size}, "{berth}"]', "{score}"),
        ('[[{size}, "{berth}"]]', "[{score}]"),
        ('{{"instances": [[{size}, "{berth}"]]}}', '{{"predictions": [{score}]}}'),
        ('{{"size": {size}, "berth": "{berth}"}}', '{{"score": {score}}}'),
        ('{{"berth": "{berth}", "size": {size}}}', "{score}"),
        ('{{"instances": [{{"size": {size}, "berth": "{berth}"}}]}}', '{{"predictions": [[{score}]]}}'),
        ('{{"features": [{size}, "{berth}"]}}', '{{"score": {score}}}'),
    ],
    ids=["csv", "quoted", "list", "lists", "instances", "names", "answer-unnamed", "objects", "features"],
)
@pytest.mark.parametrize("form", ["plain", "base64"])
def test_every_form_of_captures_is_the_same_data(folder: Path, sent: str, answered: str, form: str) -> None:
    records = []
    for number, (score, size, berth) in enumerate(_ROWS):
        sides = []
        for text in (sent, answered):
            filled = text.format(score=score, size=size, berth=berth)
            is_json = sent.startswith(("{{", "["))
            plain = jobs.part(filled, *(("JSON", "application/json") if is_json else ("CSV", "text/csv")))
            sides.append(_b64(filled) if form == "base64" else plain)
        records.append(record(*sides, number))
    jobs.written(folder, records)
    ended = jobs.monitored(folder)
    assert (ended.status, ended.violations) == (0, [])
    types = {one["name"]: one["inferred_type"] for one in ended.document("statistics.json")["features"]}
    assert types == {"score": "Fractional", "size": "Integral", "berth": "String"}


def test_forms_are_mixed_in_a_window(folder: Path) -> None:
    records = [
        record([size, berth], score, number) if number % 2 else record(f"{size},{berth}", f"{score}", number)
        for number, (score, size, berth) in enumerate(_ROWS)
    ]
    jobs.written(folder, records)
    ended = jobs.monitored(folder)
    assert ended.violations == []
    assert ended.document("statistics.json")["dataset"]["item_count"] == len(_ROWS)


@pytest.mark.parametrize("answer", ["0.1\n0.2\n0.3\n", "0.1,0.2,0.3", [0.1, 0.2, 0.3], [[0.1], [0.2], [0.3]]], ids=str)
def test_many_rows_of_a_request_meet_their_answers(folder: Path, answer: object) -> None:
    jobs.captures(folder, [("1,north\n2,south\n3,north\n", answer)] * 10)
    score = jobs.monitored(folder).document("statistics.json")["features"][0]
    assert score["numerical_statistics"]["common"]["num_present"] == 30
    assert score["numerical_statistics"]["sum"] == pytest.approx(6.0)


def test_a_baseline_of_exactly_the_features_is_compared_with_these(tmp_path: Path) -> None:
    jobs.baseline(tmp_path, jobs.csv_of(["size", "berth"], (row[1:] for row in _ROWS)))
    jobs.captures(tmp_path, _LINES)
    ended = jobs.monitored(tmp_path)
    assert ended.violations == []
    assert [one["name"] for one in ended.document("statistics.json")["features"]] == ["size", "berth"]


def test_features_that_are_ignored_have_no_violations(folder: Path) -> None:
    jobs.captures(folder, [("100,west", "0.1")] * 100)
    assert jobs.monitored(folder, exclude_features_attribute="berth,1,score").violations == []


def test_a_window_is_honoured_to_the_second(folder: Path) -> None:
    times = ["2026-11-24T14:59:59Z", jobs.START, "2026-11-24T15:59:59Z", jobs.END]
    jobs.written(folder, [record("1,north", "0.1", number, time) for number, time in enumerate(times)])
    assert jobs.monitored(folder).document("statistics.json")["dataset"]["item_count"] == 2


def test_a_record_that_was_written_in_the_next_hour_counts(folder: Path) -> None:
    jobs.written(folder, [record("1,north", "0.1", time="2026-11-24T15:59:58Z")], hour="AllTraffic/2026/11/24/16")
    jobs.written(folder, ["no JSON, and not looked at"], hour="AllTraffic/2026/11/24/20")
    assert jobs.monitored(folder).document("statistics.json")["dataset"]["item_count"] == 1


@pytest.mark.parametrize(
    "records", [[], [record("1,north", "0.1", inference_id="mlops-monitor-1")]], ids=["none", "own"]
)
def test_nothing_captured_is_no_failure_and_no_finding(folder: Path, records: list[dict[str, object]]) -> None:
    jobs.written(folder, records)
    ended = jobs.monitored(folder)
    assert ended.status == 0
    assert ended.message.startswith("Completed: nothing was captured in the window")
    assert ended.violations == []
    assert "nothing was captured" in ended.report


def test_a_baseline_that_is_not_there_yet_is_said(tmp_path: Path) -> None:
    jobs.captures(tmp_path, _LINES)
    ended = jobs.monitored(tmp_path)
    assert ended.status == 0
    assert ended.message.startswith("Completed: there is no baseline yet: ")


@pytest.mark.parametrize(
    ("content", "words"),
    [("{", "constraints.json of the baseline is no JSON"), ("{}", "has no features"),
     ('{"features": [{"inferred_type": "String"}]}', "not as a baseline writes it")],
    ids=["broken", "empty", "nameless"],
)  # fmt: skip
def test_a_broken_baseline_is_a_sentence(folder: Path, content: str, words: str) -> None:
    (folder / "baseline" / "constraints.json").write_text(content)
    jobs.captures(folder, _LINES)
    ended = jobs.monitored(folder)
    assert (ended.status, words in ended.message) == (1, True), ended.message


_BAD = [
    ("no JSON", "no record of a capture"),
    ("[1, 2]", "no record of a capture"),
    ('{"eventMetadata": {"inferenceTime": "2026-11-24T15:30:00Z"}}', "captureData"),
    ('{"eventMetadata": {"inferenceTime": "soon"}, "captureData": {}}', "soon"),
    ('{"eventMetadata": {"inferenceTime": "2026-11-24T15:30:00Z"}, "captureData": []}', "no attribute 'items'"),
    ('{"eventMetadata": {"inferenceTime": "2026-11-24T15:30:00Z"}, "captureData": {"endpointInput": 1}}', "no objects"),
    (json.dumps(record(None, None)), "it has no data"),
    (json.dumps(record("1,north\n2,south\n", "0.1\n0.2\n0.3\n")), "3 answers to 2 rows"),
    (json.dumps(record(jobs.part("{oops", "JSON"), "0.1")), "said to be JSON, and is not"),
    (json.dumps(record(jobs.part("/w==", "BASE64"), "0.1")), "no text in UTF-8"),
]


@pytest.mark.parametrize(("line", "words"), _BAD, ids=[words for _, words in _BAD])
def test_a_record_that_cannot_be_read_is_counted_and_named(folder: Path, line: str, words: str) -> None:
    good = [record(sent, answered, number) for number, (sent, answered) in enumerate(_LINES)]
    jobs.written(folder, [*good, line])
    ended = jobs.monitored(folder)
    assert ended.status == 0
    assert "1 of 201 records could not be read and were left out: a.jsonl, line 201: " in ended.message
    assert words in ended.message


def test_too_many_unreadable_records_fail_the_run(folder: Path) -> None:
    good = [record(sent, answered, number) for number, (sent, answered) in enumerate(_LINES)]
    jobs.written(folder, [*good, *[_BAD[0][0]] * 20])
    ended = jobs.monitored(folder)
    assert ended.status == 1
    assert "20 of 220 captured records cannot be read, and 5% may be: a.jsonl, line 201" in ended.message
    assert jobs.monitored(folder, unreadable_share="0.1").status == 0


def test_an_answer_that_is_a_vector_is_told_as_extra_columns(folder: Path) -> None:
    jobs.captures(folder, [(sent, "0.1,0.7,0.2") for sent, _ in _LINES])
    extra = next(one for one in jobs.monitored(folder).violations if one["feature_name"] == "Extra columns")
    assert extra["description"].endswith("current dataset: 5, Number of columns in baseline constraints: 3")


@pytest.mark.parametrize("answer", ["north", {"error": "the model has no memory left"}], ids=["text", "error-body"])
def test_an_answer_that_is_no_number_is_a_wrong_type(folder: Path, answer: object) -> None:
    jobs.captures(folder, [(sent, answer) for sent, _ in _LINES])
    assert ("score", "data_type_check") in jobs.monitored(folder).findings


def test_a_second_attempt_writes_the_same(folder: Path) -> None:
    jobs.captures(folder, _LINES)
    jobs.monitored(folder)
    first = {path.name: path.read_bytes() for path in (folder / "output").iterdir()}
    jobs.monitored(folder)
    assert {path.name: path.read_bytes() for path in (folder / "output").iterdir()} == first


def test_chi_squared_tells_a_p_value(folder: Path) -> None:
    jobs.captures(folder, [(f"{size},north", f"{score}") for score, size, _ in _ROWS])
    assert ("berth", "baseline_drift_check") in jobs.monitored(folder, categorical_drift_method="ChiSquared").findings
    jobs.captures(folder, _LINES)
    assert jobs.monitored(folder, categorical_drift_method="ChiSquared").findings == set()


def test_a_csv_file_is_compared_as_well(folder: Path) -> None:
    source = str(jobs.csv(folder, _BASELINE.replace("south", "west")))
    given = {"dataset_format": '{"csv": {"header": true}}', "dataset_source": source}
    assert ("berth", "categorical_values_check") in jobs.monitored(folder, **given).findings


def test_files_with_other_columns_are_refused(folder: Path) -> None:
    source = jobs.csv(folder, _BASELINE)
    (source.parent / "other.csv").write_text("a,b,c\n1,2,3\n")
    given = {"dataset_format": '{"csv": {"header": true}}', "dataset_source": str(source.parent)}
    ended = jobs.monitored(folder, **given)
    assert (ended.status, "has the columns score, size, berth" in ended.message) == (1, True), ended.message
