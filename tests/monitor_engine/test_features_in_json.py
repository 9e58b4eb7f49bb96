# SPDX-License-Identifier: Apache-2.0
"""Where the features stand in captured JSON, for bias and attribution."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor_engine.data import payloads
from monitor_engine.data.payloads import UnreadableError
from tests.monitor_engine import jobs
from tests.monitor_engine.jobs import Ended, record

_CARRIERS = ["small" if number % 3 == 0 else "large" for number in range(300)]


def _part(*lines: object) -> dict[str, str]:
    return jobs.part("\n".join(json.dumps(line) for line in lines), "JSON", "application/jsonlines")


@pytest.mark.parametrize(
    ("lines", "attribute", "rows"),
    [
        (({"id": 7, "features": [1, "a"]},), "features", [["1", "a"]]),
        (({"id": 7, "data": {"features": [1, "a"]}}, {"data": {"features": [2, "b"]}}), "data.features",
         [["1", "a"], ["2", "b"]]),
        (({"id": 7, "rows": [[1, "a"], [2, "b"]]},), "rows", [["1", "a"], ["2", "b"]]),
        (({"rows": [{"x": [1, "a"]}, {"x": [2, "b"]}]},), "rows[].x", [["1", "a"], ["2", "b"]]),
        (({"id": 7, "data": {"size": 1, "berth": "a"}},), "data", [{"size": "1", "berth": "a"}]),
    ],
    ids=["list", "lines", "rows", "projection", "names"],
)  # fmt: skip
def test_a_path_leads_to_the_features(lines: tuple[object, ...], attribute: str, rows: list[object]) -> None:
    assert payloads.rows_of(_part(*lines), attribute) == rows


def test_csv_has_no_path() -> None:
    assert payloads.rows_of(jobs.part("1,a"), "features") == [["1", "a"]]


def test_a_path_that_leads_nowhere_is_of_one_record() -> None:
    with pytest.raises(UnreadableError, match="its data has no 'features'"):
        payloads.rows_of(_part({"id": 7}), "features")


def _bias(folder: Path, attribute: str) -> Ended:
    stated = {
        "headers": ["late", "carrier", "size"], "label": "late", "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "carrier", "value_or_threshold": ["small"]}],
    }  # fmt: skip
    (folder / "analysis_config.json").write_text(json.dumps(stated))
    given = {"analysis_type": "MODEL_BIAS", "analysis_config": str(folder / "analysis_config.json")}
    rows = [(number % 2, carrier, number, number % 2) for number, carrier in enumerate(_CARRIERS)]
    jobs.baseline(folder, jobs.csv_of(["late", "carrier", "size", "guess"], rows), inference_attribute="guess", **given)
    sent = [{"id": f"r-{number}", "data": {"features": [carrier, number]}} for number, carrier in enumerate(_CARRIERS)]
    jobs.written(folder, (record(one, str(number % 2), number) for number, one in enumerate(sent)))
    truth = folder / "truth" / "2026/11/24/15/a.jsonl"
    truth.parent.mkdir(parents=True)
    lines = [
        {"groundTruthData": {"data": str(at % 2), "encoding": "CSV"}, "eventMetadata": {"eventId": f"event-{at}"}}
        for at in range(300)
    ]
    truth.write_text("\n".join(map(json.dumps, lines)))
    more = {"ground_truth_source": str(folder / "truth"), "inference_attribute": "0", "features_attribute": attribute}
    return jobs.monitored(folder, **given, **more)


def test_a_run_takes_the_features_from_where_they_stand(tmp_path: Path) -> None:
    ended = _bias(tmp_path, "data.features")
    assert ended.message.startswith("Completed: Job completed successfully with no violations.")
    assert ended.document("run.json")["records"] == 300


@pytest.mark.parametrize(
    ("attribute", "words"),
    [
        ("data.cargo", "its data has no 'data.cargo'"),
        ("data[", "features_attribute is 'data[': give a path of JMESPath"),
    ],
    ids=["absent", "broken"],
)
def test_a_wrong_path_fails_the_run_in_words(tmp_path: Path, attribute: str, words: str) -> None:
    ended = _bias(tmp_path, attribute)
    assert (ended.status, words in ended.message) == (1, True), ended.message
