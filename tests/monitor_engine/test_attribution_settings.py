# SPDX-License-Identifier: Apache-2.0
"""Attribution: several labels, and each setting of SHAP is honoured or refused in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from monitor_engine import aws
from monitor_engine.attribution import background, kernel_shap, scores
from monitor_engine.problems import EngineError
from tests.monitor_engine import jobs, pages
from tests.monitor_engine.cloud import Cloud
from tests.monitor_engine.jobs import Ended

_NAMES = ("size", "berths", "carrier")


@pytest.fixture
def weights(monkeypatch: pytest.MonkeyPatch) -> list[list[float]]:
    """What of size, berths and carrier counts for each label of an endpoint; tests change it."""
    counts = [[5.0, 1.0, 0.5]]

    def ask(_: str, body: str, __: str) -> tuple[str, str]:
        rows = [line.split(",") for line in body.splitlines()]
        numbers = [(float(size), float(berths), float(carrier == "small")) for size, berths, carrier in rows]
        told = [
            ",".join(str(sum(a * b for a, b in zip(of_label, row, strict=True))) for of_label in counts)
            for row in numbers
        ]
        return "".join(f"{line}\n" for line in told), "text/csv"

    monkeypatch.setattr(aws, "ask", ask)
    return counts


def _given(folder: Path, predictor: dict[str, Any] | None = None, **shap: Any) -> dict[str, str]:
    stated = {
        "headers": ["late", *_NAMES], "label": "late", "predictor": {"endpoint_name": "live", **(predictor or {})},
        "methods": {"shap": {"num_samples": 100, **shap}},
    }  # fmt: skip
    path = folder / "analysis_config.json"
    path.write_text(json.dumps(stated))
    settings = {"analysis_type": "MODEL_EXPLAINABILITY", "predictor_rows_per_second": "1000000"}
    return {**settings, "analysis_config": str(path)}


def _rows(count: int = 30) -> list[tuple[str, str, str]]:
    random = np.random.default_rng(6)
    numbers = random.normal(size=(count, 2)).round(3)
    return [(str(size), str(berths), "small" if place % 2 else "large") for place, (size, berths) in enumerate(numbers)]


def _baseline(folder: Path, given: dict[str, str]) -> Ended:
    return jobs.baseline(folder, jobs.csv_of(["late", *_NAMES], [("1", *row) for row in _rows()]), **given)


def _run(folder: Path, given: dict[str, str]) -> Ended:
    jobs.captures(folder, [(",".join(row), "0.5") for row in _rows(20)])
    return jobs.monitored(folder, **given)


def _explained(ended: Ended) -> dict[str, Any]:
    assert ended.status == 0, ended.message
    found: dict[str, Any] = ended.document("analysis.json")["explanations"]["kernel_shap"]
    return found


@pytest.mark.parametrize("names", [None, ["early", "late"]], ids=["by-place", "named"])
def test_each_label_has_its_own_order_and_its_own_finding(
    tmp_path: Path, weights: list[list[float]], names: list[str] | None
) -> None:
    weights[:] = [[5, 1, 0.5], [0.5, 1, 9]]
    given = _given(tmp_path, {"label_headers": names} if names else {}, baseline=[["0", "0", "large"]])
    found = _explained(_baseline(tmp_path, given))
    first, second = names or ["label0", "label1"]
    assert list(found) == [first, second]
    assert max(found[first]["global_shap_values"].items(), key=lambda one: one[1])[0] == "size"
    assert max(found[second]["global_shap_values"].items(), key=lambda one: one[1])[0] == "carrier"
    assert _run(tmp_path, given).violations == []
    weights[1] = [9, 1, 0]
    ended = _run(tmp_path, given)
    (violation,) = ended.violations
    assert (violation["feature_name"], violation["label"]) == (second, second)
    assert f"{second}: feature_attribution_drift_check nDCG 0." in ended.message
    assert f"How much features count for {second}; NDCG 0." in pages.checked(ended.report).text
    pages.checked((tmp_path / "baseline" / "report.html").read_text())
    assert (ended.output / "explanations_shap/out.csv").read_text().startswith(f'"size_{first}","size_{second}"')


def test_labels_that_only_one_side_has_are_said(tmp_path: Path, weights: list[list[float]]) -> None:
    weights[:] = [[5, 1, 0.5], [0.5, 1, 9]]
    _baseline(tmp_path, _given(tmp_path, {"label_headers": ["early", "late"]}))
    weights.append([1, 1, 1])
    ended = _run(tmp_path, _given(tmp_path, {"label_headers": ["early", "today", "tomorrow"]}))
    assert "the baseline has no explanations of the labels today, tomorrow: not compared" in ended.message
    assert "the model no longer scores the labels late" in ended.message


def test_a_file_is_the_background_with_or_without_a_header(tmp_path: Path, weights: list[list[float]]) -> None:
    path = tmp_path / "rows.csv"
    values = []
    for text in ("0,0,large\n2,2,small\n", "size,berths,carrier\r\n0,0,large\r\n2,2,small\r\n"):
        path.write_text(text)
        ended = _baseline(tmp_path, _given(tmp_path, baseline=str(path)))
        values.append(_explained(ended)["label0"])
        assert ended.document("analysis.json")["background"] == [["0", "0", "large"], ["2", "2", "small"]]
    assert values[0] == values[1]
    assert values[0]["expected_value"] == pytest.approx((0 + 12.5) / 2)


def test_an_object_of_s3_is_the_background(cloud: Cloud) -> None:
    cloud.put("baseline", "shap/rows.csv", "0,0,large\n")
    with cloud.acting():
        assert background.read(f"s3://{cloud.bucket('baseline')}/shap/rows.csv", _NAMES) == (("0", "0", "large"),)
        with pytest.raises(EngineError, match=r"no file at s3://.*/none\.csv, which shap_config"):
            background.read(f"s3://{cloud.bucket('baseline')}/shap/none.csv", _NAMES)


def test_objects_are_rows_of_the_background() -> None:
    assert background.read([{"carrier": "x", "size": 1, "berths": None}], _NAMES) == (("1", "", "x"),)


def test_clusters_have_a_row_of_the_data_each() -> None:
    random = np.random.default_rng(1)
    rows = [(str(middle + random.normal() / 10), "5", "small" if middle else "large") for middle in (0, 100) * 20]
    found = background.picked(rows, 2, 0)
    assert {round(float(size), -1) for size, *_ in found} == {0, 100}
    assert set(found) <= set(rows)
    assert background.picked(rows, 2, 0) == found
    assert len(background.picked([("1", "1", "a")] * 9, 4, 0)) == 1


def test_a_run_has_the_background_that_clusters_gave_the_baseline(tmp_path: Path, weights: list[list[float]]) -> None:
    given = _given(tmp_path, num_clusters=3)
    before = _baseline(tmp_path, given).document("analysis.json")["background"]
    assert len(before) == 3
    assert _run(tmp_path, given).document("analysis.json")["background"] == before


@pytest.mark.parametrize("stated", [["carrier", "size"], [2, 0]], ids=["names", "places"])
def test_only_some_features_are_explained(tmp_path: Path, weights: list[list[float]], stated: list[Any]) -> None:
    given = _given(tmp_path, baseline=[["0", "0", "large"]], features_to_explain=stated)
    values = _explained(_baseline(tmp_path, given))["label0"]["global_shap_values"]
    assert list(values) == ["carrier", "size"]
    assert values["carrier"] == pytest.approx(0.25)
    assert _run(tmp_path, given).violations == []


def test_other_features_stay_as_they_are_in_the_row() -> None:
    drawn = kernel_shap.coalitions(1, 10, np.random.default_rng(0))
    found = kernel_shap.values(
        lambda rows: rows.astype(float).prod(axis=1), np.array([3.0, 4.0]), np.array([[1.0, 1.0]]), drawn, [0]
    )
    assert found.tolist() == pytest.approx([3 * 4 - 1 * 4])


def test_log_odds_and_ways_to_put_values_together(tmp_path: Path, weights: list[list[float]]) -> None:
    weights[:] = [[0.0, 0.0, 0.5]]
    rows: dict[str, Any] = {"baseline": [["0", "0", "large"]]}

    def carrier(**shap: Any) -> float:
        value: float = _explained(_baseline(tmp_path, _given(tmp_path, **rows, **shap)))["label0"][
            "global_shap_values"
        ]["carrier"]
        return value

    assert carrier() == pytest.approx(0.25)
    assert carrier(agg_method="mean_sq") == pytest.approx(0.125)
    assert carrier(agg_method="median") == pytest.approx(0.25)
    # From the log-odds of almost 0 to those of one half.
    assert carrier(use_logit=True) == pytest.approx(np.log((1 - 1e-9) / 1e-9) / 2)
    weights[:] = [[5.0, 0.0, 0.5]]
    ended = _baseline(tmp_path, _given(tmp_path, use_logit=True))
    assert (ended.status, "use_logit is for probabilities" in ended.message) == (1, True)


def test_values_of_rows_are_left_out_where_they_are_not_wanted(tmp_path: Path, weights: list[list[float]]) -> None:
    ended = _baseline(tmp_path, _given(tmp_path, save_local_shap_values=False))
    assert (ended.status, (ended.output / "explanations_shap").exists()) == (0, False)


@pytest.mark.parametrize(
    ("shap", "predictor", "words"),
    [
        ({"num_clusters": 900}, {}, "num_clusters is 900: give a number from 1 to 100"),
        ({"num_clusters": 3, "baseline": [["0", "0", "x"]]}, {}, "leave out one of baseline and num_clusters"),
        ({"features_to_explain": ["colour", 7]}, {}, "features_to_explain has colour, 7: there are size, berths"),
        ({"text_config": {"language": "english"}}, {}, "text_config is not known to this engine, leave it out"),
        ({"agg_method": "sum", "image_config": {}}, {}, "image_config is not known"),
        ({}, {"label_headers": ["a", "b"]}, "the model gives 1 scores for a row, and label_headers names 2 labels"),
        ({"baseline": [{"size": 1}]}, {}, "is not as Clarify's configuration"),
    ],
    ids=["clusters", "both", "features", "texts", "images", "labels", "object"],
)  # fmt: skip
def test_what_is_not_honoured_is_refused(
    tmp_path: Path, weights: list[list[float]], shap: Any, predictor: Any, words: str
) -> None:
    ended = _baseline(tmp_path, _given(tmp_path, predictor, **shap))
    assert (ended.status, words in ended.message) == (1, True), ended.message


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "has no rows"), ("1,2\n", "has 2 values for 3 features"), (b"\xff\xfe", "is no CSV in UTF-8"),
     ("0,0,x\n" * 1_001, "has 1001 rows, and SHAP's baseline may have 1000")],
    ids=["empty", "narrow", "encoding", "many"],
)  # fmt: skip
def test_a_file_that_cannot_be_the_background_says_why(
    tmp_path: Path, weights: list[list[float]], content: str | bytes, words: str
) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    ended = _baseline(tmp_path, _given(tmp_path, baseline=str(path)))
    assert (ended.status, words in ended.message) == (1, True), ended.message


@pytest.mark.parametrize(
    ("text", "is_json", "score", "rows", "found"),
    [
        ("1,2,3\n4,5,6\n", False, "", 2, [[1, 2, 3], [4, 5, 6]]),
        ("1,2,3\n", False, "", 3, [[1], [2], [3]]),
        ("1,2,3\n", False, "", 1, [[1, 2, 3]]),
        ("[[1, 2], [3, 4]]", True, "", 2, [[1, 2], [3, 4]]),
        ("[1, 2]\n[3, 4]\n", True, "", 2, [[1, 2], [3, 4]]),
        ('{"predictions": [[1, 2], [3, 4]]}', True, "predictions", 2, [[1, 2], [3, 4]]),
        ('{"predictions": [{"p": [1, 2]}, {"p": [3, 4]}]}', True, "predictions[].p", 2, None),
        ('{"predictions": [{"p": [1, 2]}, {"p": [3, 4]}]}', True, "predictions[*].p", 2, [[1, 2], [3, 4]]),
        ('{"predictions": [{"p": [1, 2]}, {"p": [3, 4]}]}', True, "", 2, [[1, 2], [3, 4]]),
        ('{"p": [1, 2]}\n{"p": [3, 4]}\n', True, "p", 2, [[1, 2], [3, 4]]),
    ],
    ids=["csv", "a-line-of-rows", "a-line-of-labels", "lists", "lines", "path", "path-of-many", "path-of-each", "only",
         "lines-of-paths"],
)  # fmt: skip
def test_scores_of_several_labels_are_found(
    text: str, is_json: bool, score: str, rows: int, found: list[list[float]] | None
) -> None:
    assert scores.of(text, is_json, score, rows) == (found or [[1, 2], [3, 4]])
