# SPDX-License-Identifier: Apache-2.0
"""Model quality: metrics against scikit-learn and AWS's documented example, the join with ground truth, findings."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

from monitor_engine import contract
from monitor_engine.model_quality import measures
from monitor_engine.model_quality.measures import Classified
from monitor_engine.model_quality.outcomes import Outcomes
from tests.monitor_engine import jobs
from tests.monitor_engine.jobs import Ended

BINARY = {"problem_type": "BinaryClassification", "analysis_type": "MODEL_QUALITY"}
REGRESSION = {"problem_type": "Regression", "analysis_type": "MODEL_QUALITY"}
MULTICLASS = {"problem_type": "MulticlassClassification", "analysis_type": "MODEL_QUALITY"}


def _truth(folder: Path, labels: Iterable[tuple[str, object]], name: str = "labels") -> None:
    path = folder / "truth" / "2026/11/24/15" / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (
        json.dumps({"groundTruthData": {"data": label, "encoding": "CSV"}, "eventMetadata": {"eventId": event}})
        for event, label in labels
    )
    path.write_text("".join(f"{line}\n" for line in lines))


def _run(folder: Path, given: dict[str, str], **more: str) -> Ended:
    return jobs.monitored(folder, ground_truth_source=str(folder / "truth"), **given, **more)


def _values(found: dict[str, Any]) -> dict[str, float]:
    return {name: one["value"] for name, one in found.items() if isinstance(one, dict) and "value" in one}


def test_the_documented_example_of_two_labels() -> None:
    """Of AWS's page on these metrics: one true positive, two false ones, one true negative."""
    found = measures.binary(Classified(np.array([0, 0, 0, 1]), np.array([0, 1, 1, 1]), ["0", "1"]))
    assert found["confusion_matrix"] == {"0": {"0": 1, "1": 2}, "1": {"0": 0, "1": 1}}
    documented = {
        "recall": 1.0, "precision": 1 / 3, "accuracy": 0.5, "true_positive_rate": 1.0, "true_negative_rate": 1 / 3,
        "false_positive_rate": 2 / 3, "false_negative_rate": 0.0, "f0_5": 0.3846153846153846, "f1": 0.5,
        "f2": 0.7142857142857143, "recall_best_constant_classifier": 1.0, "precision_best_constant_classifier": 0.25,
        "f0_5_best_constant_classifier": 0.29411764705882354, "f1_best_constant_classifier": 0.4,
        "f2_best_constant_classifier": 0.625,
        # The page has 0.25, of the positive label; the best constant answer is the more frequent one.
        "accuracy_best_constant_classifier": 0.75,
    }  # fmt: skip
    assert _values(found) == pytest.approx(documented)
    assert np.isnan(found["recall"]["standard_deviation"])


def test_the_documented_example_of_many_labels() -> None:
    counts = {(0, 0): 1180, (0, 1): 510, (1, 0): 268, (1, 1): 138}
    truth = np.repeat([true for true, _ in counts], list(counts.values()))
    guess = np.repeat([guess for _, guess in counts], list(counts.values()))
    found = measures.multiclass(Classified(truth, guess, ["0", "1"]))
    assert found["confusion_matrix"] == {"0": {"0": 1180, "1": 510}, "1": {"0": 268, "1": 138}}
    documented = {
        "accuracy": 0.6288167938931297, "weighted_recall": 0.6288167938931297,
        "weighted_precision": 0.6983172269629505, "weighted_f0_5": 0.6803947317178771,
        "weighted_f1": 0.6571162346664904, "weighted_f2": 0.6384024354394601,
    }  # fmt: skip
    assert {name: _values(found)[name] for name in documented} == pytest.approx(documented)
    assert found["accuracy_best_constant_classifier"]["value"] == pytest.approx(1690 / 2096)
    assert found["accuracy"]["standard_deviation"] == pytest.approx(0.0053, abs=0.003)


def test_curves_and_area_are_scikit_learn_s() -> None:
    random = np.random.default_rng(5)
    truth = random.integers(0, 2, 3_000)
    likely = np.clip(truth * 0.3 + random.random(3_000) * 0.7, 0, 1)
    found = measures.binary(Classified(truth, (likely > 0.5).astype(int), ["0", "1"], likely))
    assert found["auc"]["value"] == pytest.approx(sk.roc_auc_score(truth, likely))
    curve = found["receiver_operating_characteristic_curve"]
    assert len(curve["false_positive_rates"]) == len(curve["true_positive_rates"]) <= 100
    assert (curve["true_positive_rates"][0], curve["true_positive_rates"][-1]) == (0.0, 1.0)


def _regression(folder: Path, noise: float = 1.0, size: int = 400) -> None:
    random = np.random.default_rng(1)
    rows = [(value, value + random.normal()) for value in random.normal(10, 5, 600)]
    jobs.baseline(folder, jobs.csv_of(["label", "guess"], rows), ground_truth_attribute="label",
                  inference_attribute="guess", **REGRESSION)  # fmt: skip
    window = [(value, value + random.normal() * noise) for value in random.normal(10, 5, size)]
    jobs.captures(folder, [("1,2", f"{guess}") for _, guess in window])
    _truth(folder, [(f"event-{number}", f"{value}") for number, (value, _) in enumerate(window)])


def test_a_regression_that_is_as_good_passes(tmp_path: Path) -> None:
    _regression(tmp_path)
    ended = _run(tmp_path, REGRESSION, inference_attribute="0")
    assert (ended.status, ended.violations) == (0, [])
    assert ended.message == "Completed: Job completed successfully with no violations."
    statistics = ended.document("statistics.json")
    assert statistics["dataset"]["item_count"] == 400
    assert statistics["regression_metrics"]["mse"]["value"] == pytest.approx(1.0, abs=0.3)
    assert statistics["regression_metrics"]["mse"]["standard_deviation"] > 0
    merged = [json.loads(line) for line in (ended.output / "merged.jsonl").read_text().splitlines()]
    assert len(merged) == 400
    assert merged[0].keys() == {"captureData", "groundTruthData", "eventMetadata", "eventVersion"}


def test_a_regression_that_is_worse_is_found(tmp_path: Path) -> None:
    _regression(tmp_path, noise=3.0)
    ended = _run(tmp_path, REGRESSION, inference_attribute="0")
    assert ended.findings == {
        ("mae", "GreaterThanThreshold"), ("mse", "GreaterThanThreshold"), ("rmse", "GreaterThanThreshold"),
        ("r2", "LessThanThreshold"),
    }  # fmt: skip
    assert {one["metric_name"] for one in ended.violations} == {"mae", "mse", "rmse", "r2"}
    assert "mae: GreaterThanThreshold 2.371 > 0.8303. " in ended.message
    assert "at most" in ended.report


def _binary(folder: Path, **given: str) -> list[tuple[str, str, float]]:
    random = np.random.default_rng(2)
    rows = []
    for truth in random.integers(0, 2, 500):
        likely = float(np.clip(truth * 0.5 + random.random() * 0.5, 0, 1))
        rows.append((str(truth), str(int(likely >= 0.5)), likely))
    jobs.baseline(folder, jobs.csv_of(["label", "guess", "likely"], rows), ground_truth_attribute="label",
                  **(given or {"probability_attribute": "likely"}), **BINARY)  # fmt: skip
    return rows


@pytest.mark.parametrize(
    ("answer", "given"),
    [
        (lambda guess, likely: f"{guess},{likely}", {"probability_attribute": "1"}),
        (lambda guess, likely: f"{guess},{likely}", {"inference_attribute": "0", "probability_attribute": "1"}),
        (lambda guess, likely: {"guess": guess, "score": {"yes": likely}}, {"probability_attribute": "score.yes"}),
        (lambda guess, likely: {"predictions": [{"score": likely}]}, {"probability_attribute": "predictions[0].score"}),
        (lambda guess, likely: [likely], {"probability_attribute": "0"}),
        (lambda guess, likely: likely, {"probability_attribute": "0"}),
    ],
    ids=["csv", "csv-both", "path", "path-in-list", "list", "number"],
)
def test_a_probability_is_found_wherever_it_stands(tmp_path: Path, answer: Any, given: dict[str, str]) -> None:
    rows = _binary(tmp_path)
    jobs.captures(tmp_path, [("1,2", answer(guess, likely)) for _, guess, likely in rows])
    _truth(tmp_path, [(f"event-{number}", truth) for number, (truth, *_) in enumerate(rows)])
    ended = _run(tmp_path, BINARY, **given)
    assert (ended.status, ended.violations) == (0, []), ended.message
    baseline = json.loads((tmp_path / "baseline" / "statistics.json").read_text())
    found = ended.document("statistics.json")["binary_classification_metrics"]
    assert _values(found) == _values(baseline["binary_classification_metrics"])
    assert found["auc"]["value"] > 0.9
    assert "ROC curve" in ended.report


def test_many_rows_of_a_request_meet_their_labels(tmp_path: Path) -> None:
    rows = _binary(tmp_path)[:300]
    groups = [rows[start : start + 3] for start in range(0, 300, 3)]
    jobs.captures(tmp_path, [("1\n2\n3", "".join(f"{likely}\n" for *_, likely in group)) for group in groups])
    _truth(tmp_path, [(f"event-{n}", "\n".join(truth for truth, *_ in group)) for n, group in enumerate(groups)])
    ended = _run(tmp_path, BINARY, probability_attribute="0")
    assert ended.document("statistics.json")["dataset"]["item_count"] == 300


def test_a_threshold_decides_which_label_is_predicted(tmp_path: Path) -> None:
    rows = _binary(tmp_path)
    jobs.captures(tmp_path, [("1", f"{likely}") for *_, likely in rows])
    _truth(tmp_path, [(f"event-{number}", truth) for number, (truth, *_) in enumerate(rows)])
    ended = _run(tmp_path, BINARY, probability_attribute="0", probability_threshold_attribute="0.9")
    assert ("recall", "LessThanThreshold") in ended.findings
    assert ("auc", "LessThanThreshold") not in ended.findings


def test_an_inference_id_wins_and_event_ids_do(tmp_path: Path) -> None:
    rows = _binary(tmp_path)
    records = [
        jobs.record("1", f"{likely}", number, inference_id=f"mine-{number}" if number % 2 else "")
        for number, (*_, likely) in enumerate(rows)
    ]
    jobs.written(tmp_path, records)
    wrong = [(f"event-{number}", "1" if truth == "0" else "0") for number, (truth, *_) in enumerate(rows) if number % 2]
    right = [(f"mine-{n}" if n % 2 else f"event-{n}", truth) for n, (truth, *_) in enumerate(rows)]
    _truth(tmp_path, [*wrong, *right])
    assert _run(tmp_path, BINARY, probability_attribute="0").violations == []


def test_ground_truth_that_is_given_twice_counts_once_and_the_last(tmp_path: Path) -> None:
    rows = _binary(tmp_path)
    jobs.captures(tmp_path, [("1", f"{likely}") for *_, likely in rows])
    labels = [(f"event-{number}", truth) for number, (truth, *_) in enumerate(rows)]
    _truth(tmp_path, [("event-0", "1" if rows[0][0] == "0" else "0"), *labels, *labels])
    ended = _run(tmp_path, BINARY, probability_attribute="0")
    found = ended.document("statistics.json")
    assert found["dataset"]["item_count"] == len(rows)
    baseline = json.loads((tmp_path / "baseline" / "statistics.json").read_text())
    metrics, before = (one["binary_classification_metrics"] for one in (found, baseline))
    assert (metrics["confusion_matrix"], _values(metrics)) == (before["confusion_matrix"], _values(before))
    assert "given another label later, which counts: event-0" in ended.message


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([], "none of 500 records has ground truth: none has come"),
        ([("other-1", "1")], "none of its identifiers is captured, as 'other-1': is it of another model?"),
        ([("event-1", "1"), ("event-2", "0")], "498 of 500 records have no ground truth yet"),
    ],
    ids=["late", "another-model", "some"],
)
def test_ground_truth_that_is_not_there_is_said(tmp_path: Path, labels: list[tuple[str, str]], words: str) -> None:
    rows = _binary(tmp_path)
    jobs.captures(tmp_path, [("1", f"{likely}") for *_, likely in rows])
    _truth(tmp_path, labels)
    ended = _run(tmp_path, BINARY, probability_attribute="0")
    assert (ended.status, words in ended.message) == (0, True), ended.message


def test_ground_truth_that_comes_hours_later_counts(tmp_path: Path) -> None:
    rows = _binary(tmp_path)
    jobs.captures(tmp_path, [("1", f"{likely}") for *_, likely in rows])
    labels = [(f"event-{number}", truth) for number, (truth, *_) in enumerate(rows)]
    _truth(tmp_path, labels, "../../25/03/late")
    _truth(tmp_path, [("event-0", "unseen")], "../13/of-before")
    ended = _run(tmp_path, BINARY, probability_attribute="0")
    assert ended.document("statistics.json")["dataset"]["item_count"] == len(rows)
    assert ended.violations == []


def test_a_label_that_was_never_seen_is_left_out_and_named(tmp_path: Path) -> None:
    rows = _binary(tmp_path)
    jobs.captures(tmp_path, [("1", f"{likely}") for *_, likely in rows])
    labels = [(f"event-{number}", truth) for number, (truth, *_) in enumerate(rows)]
    _truth(tmp_path, [*labels[:-1], ("event-499", "perhaps")])
    ended = _run(tmp_path, BINARY, probability_attribute="0")
    assert ended.status == 0
    assert "records with labels that the baseline does not know were left out: perhaps" in ended.message


def test_a_probability_out_of_range_is_counted_and_too_many_fail(tmp_path: Path) -> None:
    rows = _binary(tmp_path)
    answers = [likely for *_, likely in rows]
    labels = [(f"event-{number}", truth) for number, (truth, *_) in enumerate(rows)]
    _truth(tmp_path, labels)
    jobs.captures(tmp_path, [("1", f"{likely}") for likely in [1.7, *answers[1:]]])
    ended = _run(tmp_path, BINARY, probability_attribute="0")
    assert "a.jsonl, line 1: its probability 1.7 is not from 0 to 1" in ended.message
    jobs.captures(tmp_path, [("1", f"{likely * 100}") for likely in answers])
    ended = _run(tmp_path, BINARY, probability_attribute="0")
    assert (ended.status, "captured records cannot be read" in ended.message) == (1, True)


@pytest.mark.parametrize(
    ("text", "given", "words"),
    [
        ("label,guess\n1,1\n", {"inference_attribute": "gues"}, "has no column 'gues'; it has label, guess"),
        ("label,guess\n", {"inference_attribute": "guess"}, "has no rows"),
        ("label,guess\n1,2\n3,1\n", {"inference_attribute": "guess"}, "two labels, and these are 3: 1, 2, 3"),
        ("label,p\n1,7\n0,8\n", {"probability_attribute": "p"}, "its probability 7 is not from 0 to 1"),
        ("label,guess\nyes,yes\n", {"inference_attribute": "guess"}, "only the label 'yes' was met"),
        ("label,guess\n1,1\n", {}, "inference_attribute or probability_attribute is missing"),
        ("label,guess\n,1\n", {"inference_attribute": "guess"}, "line 2: it has no label"),
    ],
    ids=["no-column", "no-rows", "three-labels", "probability", "one-label", "no-attribute", "no-label"],
)
def test_a_baseline_that_cannot_be_used_says_why(tmp_path: Path, text: str, given: dict[str, str], words: str) -> None:
    ended = jobs.baseline(tmp_path, text, ground_truth_attribute="label", **given, **BINARY)
    assert (ended.status, words in ended.message) == (1, True), ended.message


def test_labels_are_texts(tmp_path: Path) -> None:
    rows = [("north", "north"), ("south", "south"), ("east", "north")] * 80
    given = {"ground_truth_attribute": "label", "inference_attribute": "guess"}
    ended = jobs.baseline(tmp_path, jobs.csv_of(["label", "guess"], rows), **given, **MULTICLASS)
    found = ended.document("statistics.json")["multiclass_classification_metrics"]
    assert found["confusion_matrix"]["east"] == {"east": 0, "north": 80, "south": 0}
    jobs.captures(tmp_path, [("1", "west") for _ in rows])
    _truth(tmp_path, [(f"event-{number}", truth) for number, (truth, _) in enumerate(rows)])
    ended = _run(tmp_path, MULTICLASS, inference_attribute="0")
    assert ("accuracy", "LessThanThreshold") in ended.findings
    assert "there are labels that the baseline does not know: west" in ended.message


def test_a_baseline_of_another_problem_is_refused(tmp_path: Path) -> None:
    _regression(tmp_path)
    ended = _run(tmp_path, BINARY, inference_attribute="0")
    assert (ended.status, "has no constraints of BinaryClassification" in ended.message) == (1, True)


def test_nothing_captured_and_no_baseline_are_said(tmp_path: Path) -> None:
    jobs.written(tmp_path, [])
    ended = _run(tmp_path, REGRESSION, inference_attribute="0")
    assert (ended.status, "there is no baseline yet: " in ended.message) == (0, True)
    _regression(tmp_path)
    jobs.written(tmp_path, [])
    ended = _run(tmp_path, REGRESSION, inference_attribute="0")
    assert (ended.status, "nothing was captured" in ended.message) == (0, True)


def test_a_path_that_is_none_is_refused(tmp_path: Path) -> None:
    _regression(tmp_path)
    ended = _run(tmp_path, REGRESSION, inference_attribute="a[")
    assert (ended.status, "give a position from 0, or a path of JMESPath" in ended.message) == (1, True)


def test_outcomes_beyond_the_limit_are_a_sample_in_any_order() -> None:
    found = []
    for order in (1, -1):
        outcomes = Outcomes(most=100)
        for number in range(2_000)[::order]:
            outcomes.add_labels(str(number), str(number % 2), str(number % 3), 0.5)
        found.append(outcomes)
    first, second = found
    assert 25 < len(first) == len(second) <= 100
    assert first.is_sample
    assert first.seen == 2_000
    assert len(first.codes("truth")) == len(first.codes("predicted")) == len(first.numbers("probability")) == len(first)


def test_a_run_needs_ground_truth(tmp_path: Path) -> None:
    _regression(tmp_path)
    ended = jobs.monitored(tmp_path, inference_attribute="0", **REGRESSION)
    assert (ended.status, "ground_truth_source is missing" in ended.message) == (1, True)
    assert contract.MODEL_QUALITY in contract.ANALYSES
