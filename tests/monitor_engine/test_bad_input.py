# SPDX-License-Identifier: Apache-2.0
"""Bad input of each kind for each analysis: a result that says what it is worth, or a sentence that says what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from monitor_engine import aws
from tests.monitor_engine import jobs
from tests.monitor_engine.jobs import Ended

_HEADER: Final = "label,guess,likely,carrier,size\n"
_QUALITY: Final = {"analysis_type": "MODEL_QUALITY", "ground_truth_attribute": "label"}
_GIVEN: Final[dict[str, dict[str, str]]] = {
    "data": {},
    "binary": {**_QUALITY, "problem_type": "BinaryClassification", "inference_attribute": "guess"},
    "likely": {**_QUALITY, "problem_type": "BinaryClassification", "probability_attribute": "likely"},
    "numbers": {**_QUALITY, "problem_type": "Regression", "inference_attribute": "guess"},
    "many": {**_QUALITY, "problem_type": "MulticlassClassification", "inference_attribute": "guess"},
    "bias": {"analysis_type": "MODEL_BIAS", "inference_attribute": "guess"},
    "shap": {"analysis_type": "MODEL_EXPLAINABILITY", "predictor_rows_per_second": "1000000"},
}
_CONFIGURATION: Final = {
    "headers": ["label", "size", "carrier"], "label": "label", "label_values_or_threshold": [1],
    "facet": [{"name_or_index": "carrier", "value_or_threshold": ["small"]}],
    "predictor": {"endpoint_name": "live"}, "methods": {"shap": {}},
}  # fmt: skip

# What is bad, for which analysis, the status of the job, and words of its message.
_BASELINES: Final[list[tuple[str, str | bytes, str, int, str]]] = [
    ("no rows", _HEADER, "data", 1, "train.csv has no rows: give data that the model was trained with"),
    ("no rows", _HEADER, "binary", 1, "train.csv has no rows: give predictions with their labels"),
    ("no rows", _HEADER, "bias", 1, "train.csv has no rows: give labelled data"),
    ("no rows", _HEADER, "shap", 1, "train.csv has no rows: give data that the model was trained with"),
    ("one row", f"{_HEADER}1,1,0.9,small,5\n", "data", 0, "has one row: no drift can be told from it"),
    ("one row", f"{_HEADER}1,1,0.9,small,5\n", "binary", 0, "without a constraint: true_negative_rate, false_positive"),
    ("one row", f"{_HEADER}1,1,0.9,small,5\n", "likely", 0, "every label is '1': what needs another one has no value"),
    ("one row", f"{_HEADER}1,1,0.9,small,5\n", "numbers", 0, "without a value, and so without a constraint: r2"),
    ("one row", f"{_HEADER}1,1,0.9,small,5\n", "many", 0, "1 record is too few for a standard deviation"),
    ("one row", f"{_HEADER}1,1,0.9,small,5\n", "bias", 0, "every record has carrier small: there are no two groups"),
    ("one row", f"{_HEADER}1,1,0.9,small,5\n", "shap", 0, "one row was explained"),
    ("constant", _HEADER + "1,1,0.5,small,5\n" * 300, "data", 0, "one value in all rows, so that any other is drift"),
    ("constant", _HEADER + "1,1,0.5,small,5\n" * 300, "binary", 0, "every label is '1'"),
    ("constant", _HEADER + "1,1,0.5,small,5\n" * 300, "bias", 0, "every label is the positive one, label 1"),
    ("constant", _HEADER + "0,0,0.5,large,5\n" * 300, "bias", 0, "no label is the positive one, label 1: check"),
    ("constant", _HEADER + "0,0,0.5,large,5\n" * 300, "bias", 0, "no record has carrier small"),
    ("constant", _HEADER + "1,1,0.5,small,5\n" * 300, "shap", 0, "no feature changes the model's answers"),
    ("missing", _HEADER + ",,,,\n" * 300, "data", 0, "without a type: label, guess, likely, carrier, size"),
    ("missing", _HEADER + ",,,,\n" * 300, "binary", 1, "300 of 300 rows of the baseline cannot be read"),
    ("missing", _HEADER + ",,,,\n" * 300, "likely", 1, "train.csv, line 2: it has no label"),
    ("missing", _HEADER + ",,,,\n" * 300, "numbers", 1, 'train.csv, line 2: its true value "" is no number'),
    ("missing", _HEADER + ",,,,\n" * 300, "bias", 1, "train.csv, line 2: it has no label"),
    ("missing", _HEADER + ",,,,\n" * 300, "shap", 0, "no feature changes the model's answers"),
    ("semicolons", "label;guess\n1;1\n0;1\n", "data", 0, "there is one column, 'label;guess': separate columns by"),
    ("no column", "label,size,carrier\n1,2,small\n", "binary", 1, "train.csv has no column 'guess'; it has label,"),
    ("no column", "label,size,carrier\n1,2,small\n", "likely", 1, "train.csv has no column 'likely'"),
    ("no column", "label,size\n1,2\n", "shap", 1, "train.csv has no column 'carrier'"),
    ("no column", "label,guess\n1,2\n", "bias", 1, "train.csv has no column 'carrier'"),
    ("probability", _HEADER + "1,1,1.5,small,5\n" * 9, "likely", 1, "line 2: its probability 1.5 is not from 0 to 1"),
    ("texts", _HEADER + "1,north,x,small,5\n0,south,y,large,4\n" * 9, "binary", 1, "has two labels, and these are 4"),
    ("texts", _HEADER + "1,north,x,small,5\n0,south,y,large,4\n" * 9, "likely", 1, 'its probability "x" is no number'),
    ("texts", _HEADER + "1,north,x,small,5\n0,south,y,large,4\n" * 9, "numbers", 1, 'its prediction "north" is no'),
    ("texts", _HEADER + "1,north,x,small,5\n0,south,y,large,4\n" * 9, "many", 0,
     "no prediction is among the labels: predictions are 'north', 'south', labels '0', '1'; check inference_attribute"),
    ("texts", _HEADER + "1,north,x,small,5\n0,south,y,large,4\n" * 9, "bias", 0, "no prediction is among the labels"),
    *[("latin", f"{_HEADER}1,1,0.5,sm\u00e9ll,5\n".encode("latin-1"), kind, 1,
       "train.csv is not UTF-8: line 2, byte 11 (b'\\xe9'). Save it as UTF-8.") for kind in _GIVEN],
    *[("utf-16", f"{_HEADER}1,1,0.5,small,5\n".encode("utf-16"), kind, 1, "train.csv is not UTF-8: line 1, byte 1")
      for kind in _GIVEN],
    *[("line ends", f"{_HEADER}1,1,0.9,small,5\r0,0,0.1,large,6\r\n1,0,0.2,small,7\n0,1,0.6,large,8\n", kind, 0,
       "Completed: ") for kind in _GIVEN],
    *[("5,000 columns",
       jobs.csv_of([*_HEADER.strip().split(","), *(f"f{number}" for number in range(4_995))],
                   [[number % 2, number % 2, 0.5, "small" if number % 3 else "large", *range(4_996)]
                    for number in range(6)]), kind, 0, "Completed: ") for kind in _GIVEN],
]  # fmt: skip
# What the endpoint has answered.
_ANSWERS: Final[dict[str, Any]] = {
    "vector": "0.1,0.7,0.2",
    "vector in JSON": [0.1, 0.7],
    "text": "north",
    "error": {"error": "no memory left"},
    "page": jobs.part("<html>502</html>", "CSV", "text/html"),
    "image": jobs.part("/9j/4AAQ", "BASE64", "image/jpeg"),
    "nothing": jobs.part("", "CSV"),
    "above 1": "1.7",
    "no number": "nan",
    "new label": "7",
}
_NO_LABEL: Final = "no record has a label and a prediction that are both 0 or 1: predictions are"
_WORSE: Final = "CompletedWithViolations: "
_RUNS: Final[list[tuple[str, str, int, str]]] = [
    ("vector", "data", 0, "extra_column_check"),
    ("vector", "binary", 1, f"{_NO_LABEL} '0.1', labels '0', '1'. Check inference_attribute"),
    ("vector", "likely", 0, _WORSE),
    ("vector", "numbers", 0, _WORSE),
    ("vector", "many", 0, "no prediction is among the labels: predictions are '0.1', labels '0', '1'"),
    ("vector", "bias", 0, "no prediction is among the labels: predictions are '0.1', labels '0', '1'"),
    ("vector in JSON", "data", 0, "extra_column_check"),
    ("vector in JSON", "binary", 1, _NO_LABEL),
    ("text", "data", 0, "guess: data_type_check"),
    ("text", "binary", 1, f"{_NO_LABEL} 'north'"),
    ("text", "likely", 1, 'a.jsonl, line 1: its probability "north" is no number'),
    ("text", "numbers", 1, 'its prediction "north" is no number'),
    ("text", "many", 0, "there are labels that the baseline does not know: north"),
    ("text", "bias", 0, "no prediction is among the labels: predictions are 'north'"),
    ("error", "data", 0, "guess: data_type_check"),
    ("error", "binary", 1, f"{_NO_LABEL} 'no memory left'"),
    ("error", "likely", 1, 'its probability "no memory left" is no number'),
    ("error", "bias", 0, "no prediction is among the labels: predictions are 'no memory left'"),
    ("page", "data", 0, "guess: data_type_check"),
    ("page", "numbers", 1, 'its prediction "<html>502</html>" is no number'),
    *[("image", kind, 1, "its data is no text in UTF-8: only CSV and JSON can be analysed")
      for kind in _GIVEN if kind != "shap"],
    *[("nothing", kind, 1, "50 of 50 captured records cannot be read") for kind in _GIVEN if kind != "shap"],
    ("above 1", "data", 0, "guess: baseline_drift_check"),
    ("above 1", "likely", 1, "its probability 1.7 is not from 0 to 1"),
    ("above 1", "numbers", 0, _WORSE),
    ("no number", "likely", 1, 'its probability "nan" is no number'),
    ("no number", "numbers", 1, 'its prediction "nan" is no number'),
    ("new label", "binary", 1, f"{_NO_LABEL} '7'"),
    ("new label", "many", 0, "there are labels that the baseline does not know: 7"),
    ("new label", "bias", 0, "no prediction is among the labels: predictions are '7'"),
    # What an endpoint answered is not what attribution looks at: it asks anew.
    *[(name, "shap", 0, "Completed: ") for name in _ANSWERS],
]  # fmt: skip


@pytest.fixture(autouse=True)
def endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(_: str, body: str, __: str) -> tuple[str, str]:
        return "".join(f"{float(line.split(',')[0] or 0) * 2}\n" for line in body.splitlines()), "text/csv"

    monkeypatch.setattr(aws, "ask", ask)


def _given(folder: Path, kind: str) -> dict[str, str]:
    path = folder / "analysis_config.json"
    path.write_text(json.dumps(_CONFIGURATION))
    needs = kind in {"bias", "shap"}
    return {**_GIVEN[kind], **({"analysis_config": str(path)} if needs else {})}


def _ids(cases: list[Any]) -> list[str]:
    named = [f"{case[0]}: {next(part for part in case[1:] if part in _GIVEN)}" for case in cases]
    return [f"{name} {named[:place].count(name) or ''}".strip() for place, name in enumerate(named)]


@pytest.mark.parametrize(("_what", "content", "kind", "status", "words"), _BASELINES, ids=_ids(_BASELINES))
def test_a_baseline_is_a_result_or_a_sentence(
    tmp_path: Path, _what: str, content: str | bytes, kind: str, status: int, words: str
) -> None:
    ended = jobs.baseline(tmp_path, content, **_given(tmp_path, kind))
    _check(ended, status, words)
    assert (ended.output / "constraints.json").exists() is (status == 0)


@pytest.mark.parametrize(("answer", "kind", "status", "words"), _RUNS, ids=_ids(_RUNS))
def test_an_answer_is_a_result_or_a_sentence(tmp_path: Path, answer: str, kind: str, status: int, words: str) -> None:
    random = np.random.default_rng(1)
    rows = [
        (number % 2, number % 2, 0.4 + 0.2 * (number % 2), size, "small" if number % 3 else "large")
        for number, size in enumerate(random.random(300).round(2) * 10)
    ]
    given = _given(tmp_path, kind)
    columns = [1, 3, 4] if kind == "data" else range(5)
    header = [("label", "guess", "likely", "size", "carrier")[place] for place in columns]
    text = jobs.csv_of(header, ([row[place] for place in columns] for row in rows))
    ready = jobs.baseline(tmp_path, text, **given)
    assert ready.status == 0, ready.message
    jobs.captures(tmp_path, [(f"{row[3]},{row[4]}", _ANSWERS[answer]) for row in rows[:50]])
    (tmp_path / "truth").mkdir()
    labels = (
        {
            "groundTruthData": {"data": str(number % 2), "encoding": "CSV"},
            "eventMetadata": {"eventId": f"event-{number}"},
        }
        for number in range(50)
    )
    (tmp_path / "truth" / "labels.jsonl").write_text("".join(f"{json.dumps(label)}\n" for label in labels))
    places = {name: "0" for name in ("inference_attribute", "probability_attribute") if name in given}
    run = {name: value for name, value in given.items() if name != "ground_truth_attribute"}
    _check(jobs.monitored(tmp_path, ground_truth_source=str(tmp_path / "truth"), **{**run, **places}), status, words)


def _check(ended: Ended, status: int, words: str) -> None:
    assert (ended.status, words in ended.message) == (status, True), ended.message
    assert "the engine has failed" not in ended.message
    assert "report.html" in {path.name for path in ended.output.glob("*")} or status
