# SPDX-License-Identifier: Apache-2.0
"""Attribution: values against exact ones, AWS's documented example, a bounded predictor, findings."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from botocore.exceptions import ClientError

from monitor_engine import aws
from monitor_engine.attribution import explanations, kernel_shap
from monitor_engine.attribution.predictor import Predictor
from monitor_engine.problems import EngineError
from tests.monitor_engine import jobs
from tests.monitor_engine.jobs import Ended

SHAP = {"analysis_type": "MODEL_EXPLAINABILITY", "predictor_rows_per_second": "1000000"}
_NAMES = ("size", "berths", "carrier")
Model = Callable[[list[str]], float]


def _number(rows: np.ndarray, model: Callable[[np.ndarray], float]) -> np.ndarray:
    return np.array([model(row.astype(float)) for row in rows])


def _exact(model: Callable[[np.ndarray], float], row: np.ndarray, background: np.ndarray) -> list[float]:
    """Shapley's own formula."""
    size = len(row)

    def worth(chosen: tuple[int, ...]) -> float:
        mask = np.isin(np.arange(size), chosen)
        return float(np.mean([model(np.where(mask, row, one)) for one in background]))

    found = []
    for feature in range(size):
        others = [other for other in range(size) if other != feature]
        found.append(
            sum(
                math.factorial(k) * math.factorial(size - k - 1) / math.factorial(size)
                * (worth((*chosen, feature)) - worth(chosen))
                for k in range(size)
                for chosen in combinations(others, k)
            )
        )  # fmt: skip
    return found


@pytest.mark.parametrize("features", [1, 2, 5])
def test_values_are_shapley_s_when_all_coalitions_are_asked_for(features: int) -> None:
    random = np.random.default_rng(features)
    row, background = random.normal(size=features), random.normal(size=(3, features))

    def model(values: np.ndarray) -> float:
        return float(values[0] * values[-1] + np.sin(values).sum() + (values > 0).prod())

    drawn = kernel_shap.coalitions(features, 1_000, random)
    found = kernel_shap.values(lambda rows: _number(rows, model), row.astype(object), background.astype(object), drawn)
    assert found == pytest.approx(_exact(model, row, background), abs=1e-6)


def test_values_of_a_linear_model_are_its_own_also_from_a_sample() -> None:
    random = np.random.default_rng(8)
    weights, row, background = random.normal(size=14), random.normal(size=14), random.normal(size=(2, 14))
    drawn = kernel_shap.coalitions(14, 200, np.random.default_rng(0))
    assert len(drawn[0]) <= 200
    found = kernel_shap.values(
        lambda rows: _number(rows, lambda values: float(values @ weights)),
        row.astype(object), background.astype(object), drawn,
    )  # fmt: skip
    assert found == pytest.approx(weights * (row - background.mean(axis=0)), abs=1e-5)


def test_ndcg_of_the_documented_example() -> None:
    before = {"SAT score": 0.70, "GPA": 0.50, "Class rank": 0.05}
    now = {"SAT score": 0.10, "GPA": 0.20, "Class rank": 0.70}
    assert explanations.ndcg(before, now) == pytest.approx(0.69, abs=0.005)
    assert explanations.ndcg(before, before) == 1.0


def test_the_predictor_is_slow_on_purpose_and_marks_its_questions() -> None:
    asked: list[tuple[int, str]] = []
    waited: list[float] = []

    def ask(body: str, identifier: str) -> tuple[str, str]:
        asked.append((body.count("\n"), identifier))
        return "1\n" * body.count("\n"), "text/csv"

    predictor = Predictor(ask, per_second=50, pause=waited.append, run="r-")
    assert len(predictor(np.array([["a", 1]] * 250, dtype=object))) == 250
    assert asked == [(100, "mlops-monitor-r-0"), (100, "mlops-monitor-r-100"), (50, "mlops-monitor-r-200")]
    assert waited == [2.0, 1.0]


@pytest.mark.parametrize(
    ("answer", "words"),
    [("1\n", "1 scores for 2 rows"), ("sorry\nsorry\n", "no number"), ("", "0 scores for 2 rows")],
    ids=["few", "text", "empty"],
)
def test_an_answer_that_cannot_be_used_is_a_sentence(answer: str, words: str) -> None:
    with pytest.raises(EngineError, match=words):
        Predictor(lambda *_: (answer, "text/csv"))(np.array([["1"], ["2"]], dtype=object))


@pytest.mark.parametrize(
    ("answer", "content_type", "score"),
    [("1,2", "text/csv", ""), ("[1, 2]", "application/json", ""), ('{"predictions": [{"s": 1}, {"s": 2}]}',
     "application/json", "predictions[].s"), ("0,1\n0,2\n", "text/csv", "1")],
    ids=["one-line", "list", "path", "position"],
)  # fmt: skip
def test_scores_are_found_in_every_form(answer: str, content_type: str, score: str) -> None:
    predictor = Predictor(lambda *_: (answer, content_type), score=score)
    assert predictor(np.array([["1"], ["2"]], dtype=object)).tolist() == [[1.0], [2.0]]


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An endpoint whose answers depend on size most, then on berths; what it was asked."""
    identifiers: list[str] = []

    def ask(name: str, body: str, identifier: str) -> tuple[str, str]:
        assert name == "live"
        identifiers.append(identifier)
        rows = [line.split(",") for line in body.splitlines()]
        scores = [5 * float(size) + float(berths) + (carrier == "small") for size, berths, carrier in rows]
        return "".join(f"{score}\n" for score in scores), "text/csv"

    monkeypatch.setattr(aws, "ask", ask)
    return identifiers


def _configuration(folder: Path, **shap: object) -> dict[str, str]:
    stated = {
        "headers": ["late", *_NAMES], "label": "late", "predictor": {"endpoint_name": "live"},
        "methods": {"shap": {"baseline": [["0", "0", "large"]], "num_samples": 100, **shap}},
    }  # fmt: skip
    path = folder / "analysis_config.json"
    path.write_text(json.dumps(stated))
    return {**SHAP, "analysis_config": str(path)}


def _rows(size: float, berths: float, count: int = 40) -> list[tuple[str, str, str]]:
    random = np.random.default_rng(6)
    return [
        (f"{random.normal() * size:.3f}", f"{random.normal() * berths:.3f}", "small" if number % 2 else "large")
        for number in range(count)
    ]


def _baseline(folder: Path, given: dict[str, str]) -> Ended:
    rows = [("1", *row) for row in _rows(1, 1)]
    return jobs.baseline(folder, jobs.csv_of(["late", *_NAMES], rows), **given)


def test_a_baseline_says_which_features_count(tmp_path: Path, endpoint: list[str]) -> None:
    ended = _baseline(tmp_path, _configuration(tmp_path))
    assert ended.status == 0, ended.message
    found = ended.document("analysis.json")["explanations"]["kernel_shap"]["label0"]
    values = found["global_shap_values"]
    assert list(values) == list(_NAMES)
    assert values["size"] > values["berths"] > values["carrier"] > 0
    assert values["carrier"] == pytest.approx(0.5)
    assert found["expected_value"] == 0.0
    assert len((ended.output / "explanations_shap" / "out.csv").read_text().splitlines()) == 41
    assert all(identifier.startswith("mlops-monitor-") for identifier in endpoint)


@pytest.mark.parametrize("background", [True, False], ids=["given", "of-the-data"])
def test_the_same_order_passes_and_another_is_found(tmp_path: Path, endpoint: list[str], background: bool) -> None:
    given = _configuration(tmp_path, **({} if background else {"baseline": None}))
    _baseline(tmp_path, given)
    jobs.captures(tmp_path, [(",".join(row), "0.5") for row in _rows(1, 1, 60)])
    ended = jobs.monitored(tmp_path, **given)
    assert (ended.status, ended.violations) == (0, []), ended.message
    jobs.captures(tmp_path, [(",".join(row), "0.5") for row in _rows(0.001, 9, 60)])
    ended = jobs.monitored(tmp_path, **given)
    if background:
        (found,) = ended.violations
        assert (found["label"], found["metric_name"]) == ("label0", "shap")
        assert "first were size, berths, carrier, now berths" in found["description"]
        assert "place in the baseline" in ended.report


def test_only_so_many_rows_are_asked_for(tmp_path: Path, endpoint: list[str]) -> None:
    given = _configuration(tmp_path)
    _baseline(tmp_path, given)
    jobs.captures(tmp_path, [(",".join(row), "0.5") for row in _rows(1, 1, 300)])
    ended = jobs.monitored(tmp_path, **given, predictor_rows="100")
    assert "10 of 300 records were explained" in ended.message


def test_the_engine_s_own_questions_are_not_explained(tmp_path: Path, endpoint: list[str]) -> None:
    given = _configuration(tmp_path)
    _baseline(tmp_path, given)
    jobs.written(tmp_path, [jobs.record("1,2,small", "0.5", inference_id=endpoint[0])])
    ended = jobs.monitored(tmp_path, **given)
    assert (ended.status, "nothing was captured" in ended.message) == (0, True)


def test_clarify_s_analysis_is_a_baseline(tmp_path: Path, endpoint: list[str]) -> None:
    """It names the label as it likes, and has no background."""
    path = tmp_path / "baseline" / "constraints.json"
    path.parent.mkdir()
    explained = {"global_shap_values": {"size": 2.0, "berths": 0.7, "carrier": 0.5}, "expected_value": 0.1}
    path.write_text(json.dumps({"version": "1.0", "explanations": {"kernel_shap": {"late": explained}}}))
    jobs.captures(tmp_path, [(",".join(row), "0.5") for row in _rows(1, 1, 60)])
    ended = jobs.monitored(tmp_path, **_configuration(tmp_path, baseline=None))
    assert (ended.status, ended.violations) == (0, []), ended.message
    assert "so rows of the window were taken: give shap_config.baseline" in ended.message


def test_a_baseline_that_is_not_there_is_said(tmp_path: Path, endpoint: list[str]) -> None:
    jobs.written(tmp_path, [])
    assert "there is no baseline yet: " in jobs.monitored(tmp_path, **_configuration(tmp_path)).message


@pytest.mark.parametrize(
    ("shap", "words"),
    [({"baseline": [["1"]]}, "has 1 values for 3 features"), ({"agg_method": "sum"}, "agg_method is 'sum'"),
     ({"num_samples": "many"}, "is not as Clarify's configuration"),
     ({"baseline": "/nowhere.csv"}, "there is no file at /nowhere.csv, which shap_config.baseline names")],
    ids=["row", "aggregation", "samples", "file"],
)  # fmt: skip
def test_a_configuration_that_does_not_fit_is_a_sentence(
    tmp_path: Path, endpoint: list[str], shap: dict[str, object], words: str
) -> None:
    ended = _baseline(tmp_path, _configuration(tmp_path, **shap))
    assert (ended.status, words in ended.message) == (1, True), ended.message


def test_an_endpoint_that_refuses_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def invoke_endpoint(self, **_: object) -> None:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "no live"}}, "InvokeEndpoint")

    monkeypatch.setattr(aws, "client", lambda _: Refusing())
    ended = _baseline(tmp_path, _configuration(tmp_path))
    assert (ended.status, "the endpoint live did not answer" in ended.message) == (1, True), ended.message
