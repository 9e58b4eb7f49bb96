# SPDX-License-Identifier: Apache-2.0
"""A bias baseline whose predictions the endpoint gives, since the request names no column of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from monitor_engine import aws
from monitor_engine.data.captures import OWN
from tests.monitor_engine import jobs

BIAS = {"analysis_type": "MODEL_BIAS"}
ROWS = [(late, carrier, str(size)) for size in range(200) for late, carrier in (("1", "small"), ("0", "large"))]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """Questions to an endpoint that calls every carrier late whose size is even, with a probability of 0.75."""
    found: list[tuple[str, str, str]] = []

    def ask(name: str, body: str, identifier: str) -> tuple[str, str]:
        found.append((name, body, identifier))
        sizes = [int(line.split(",")[1]) for line in body.splitlines()]
        return "\n".join("0.25" if size % 2 else "0.75" for size in sizes), "text/csv"

    monkeypatch.setattr(aws, "ask", ask)
    return found


def configured(folder: Path, predictor: dict[str, Any], **more: Any) -> dict[str, str]:
    path = folder / "analysis_config.json"
    stated = {
        "headers": ["late", "carrier", "size"],
        "label": "late",
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "carrier", "value_or_threshold": ["small"]}],
        "predictor": {"endpoint_name": "live", **predictor},
        **more,
    }
    path.write_text(json.dumps(stated))
    return {**BIAS, "analysis_config": str(path), "predictor_rows_per_second": "1000000"}


def post_training(ended: jobs.Ended) -> dict[str, float]:
    (entry,) = ended.document("analysis.json")["post_training_bias_metrics"]["facets"]["carrier"]
    return {one["name"]: one["value"] for one in entry["metrics"]}


def test_the_endpoint_predicts_for_every_row_under_identifiers_that_are_no_traffic(
    tmp_path: Path, asked: list[tuple[str, str, str]]
) -> None:
    ended = jobs.baseline(tmp_path, jobs.csv_of(["late", "carrier", "size"], ROWS), **configured(tmp_path, {}))
    assert ended.status == 0, ended.message
    found = post_training(ended)
    assert found["DPPL"] == pytest.approx(0)
    # Of the late ones, all small, and of the others, all large, the model calls half late.
    assert found["AD"] == pytest.approx(0)
    assert {name for name, _, _ in asked} == {"live"}
    assert all(identifier.startswith(OWN) for _, _, identifier in asked)
    lines = [line for _, body, _ in asked for line in body.splitlines()]
    assert sorted(lines) == sorted(f"{carrier},{size}" for _, carrier, size in ROWS)
    assert "without a column of predictions" not in ended.report


@pytest.mark.parametrize(
    ("predictor", "more", "difference"),
    [
        ({"probability": 0}, {}, -1),
        ({}, {}, -1),
        ({"probability": 0}, {"probability_threshold": 0.8}, 0),
        ({"label": 0}, {}, 0),
    ],
    ids=["from 0.5 on", "nobody says what they are", "from 0.8 on", "they are labels, and none is 1"],
)
def test_probabilities_are_positive_from_the_threshold_on(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    predictor: dict[str, Any],
    more: dict[str, Any],
    difference: float,
) -> None:
    def ask(_: str, body: str, __: str) -> tuple[str, str]:
        return "\n".join("0.75" if line.startswith("small") else "0.25" for line in body.splitlines()), "text/csv"

    monkeypatch.setattr(aws, "ask", ask)
    given = configured(tmp_path, predictor, **more)
    found = post_training(jobs.baseline(tmp_path, jobs.csv_of(["late", "carrier", "size"], ROWS), **given))
    assert found["DPPL"] == difference


def test_classes_are_told_by_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(_: str, body: str, __: str) -> tuple[str, str]:
        return "\n".join("0.1,0.9" if line.startswith("small") else "0.8,0.2" for line in body.splitlines()), "text/csv"

    monkeypatch.setattr(aws, "ask", ask)
    given = configured(tmp_path, {"label_headers": [0, 1]})
    found = post_training(jobs.baseline(tmp_path, jobs.csv_of(["late", "carrier", "size"], ROWS), **given))
    assert (found["DPPL"], found["AD"]) == (-1, 0)


def test_only_so_many_rows_are_asked_for(tmp_path: Path, asked: list[tuple[str, str, str]]) -> None:
    given = configured(tmp_path, {}) | {"predictor_rows": "150"}
    ended = jobs.baseline(tmp_path, jobs.csv_of(["late", "carrier", "size"], ROWS), **given)
    assert sum(body.count("\n") for _, body, _ in asked) == 150
    assert "150 of 400 rows were predicted for" in ended.report


@pytest.mark.parametrize("answer", ["", "1,2\n", "yes\n" * 7])
def test_an_answer_that_is_no_prediction_for_each_row_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(aws, "ask", lambda *_: (answer, "text/csv"))
    ended = jobs.baseline(tmp_path, jobs.csv_of(["late", "carrier", "size"], ROWS), **configured(tmp_path, {}))
    assert ended.status == 1
    assert "Check model_predicted_label_config" in ended.message
    assert "Traceback" not in ended.message
