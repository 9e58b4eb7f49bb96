# SPDX-License-Identifier: Apache-2.0
"""Bias: metrics against the examples in AWS's documentation, what a baseline says, and what a run finds."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from monitor_engine.bias import measures
from monitor_engine.bias.measures import Case
from tests.monitor_engine import jobs
from tests.monitor_engine.jobs import Ended

BIAS = {"analysis_type": "MODEL_BIAS"}


def _counts(a: tuple[int, int, int, int], d: tuple[int, int, int, int]) -> dict[Case, float]:
    """Cases of two groups, each as true positives, false positives, false negatives, true negatives."""
    kinds = ((True, True), (False, True), (True, False), (False, False))
    return {
        Case(is_d, "", str(int(true)), true, guess): count
        for is_d, side in ((False, a), (True, d))
        for (true, guess), count in zip(kinds, side, strict=True)
    }


@pytest.mark.parametrize(
    ("name", "a", "d", "value"),
    [
        ("SD", (65, 10, 5, 20), (20, 5, 7, 18), 0.1159),
        ("TE", (50, 6, 8, 36), (20, 2, 5, 23), 0.35),
        ("AD", (50, 6, 8, 36), (20, 2, 5, 23), 0.0),
        ("DCR", (40, 0, 10, 50), (10, 10, 0, 30), 0.5),
        ("DRR", (0, 0, 20, 80), (0, 0, 10, 40), 0.0),
        ("DPL", (50, 0, 10, 40), (10, 0, 10, 80), 0.4),
        ("CI", (50, 0, 0, 25), (20, 0, 0, 5), 0.5),
        ("KL", (80, 0, 0, 20), (30, 0, 0, 70), 0.53),
        ("DI", (50, 0, 0, 50), (20, 0, 0, 80), 0.4),
        ("RD", (65, 10, 5, 20), (20, 5, 7, 18), 65 / 70 - 20 / 27),
        ("DAR", (65, 10, 5, 20), (20, 5, 7, 18), 65 / 75 - 20 / 25),
        ("DPPL", (65, 10, 5, 20), (20, 5, 7, 18), 0.25),
        ("DCA", (65, 10, 5, 20), (20, 5, 7, 18), 70 / 75 - 27 / 25),
        ("GE", (65, 0, 0, 20), (20, 0, 0, 18), 0.0),
        ("TVD", (80, 0, 0, 20), (30, 0, 0, 70), 0.5),
        ("KS", (80, 0, 0, 20), (30, 0, 0, 70), 0.5),
        ("LP", (80, 0, 0, 20), (30, 0, 0, 70), math.sqrt(0.5)),
    ],
)
def test_a_metric_is_that_of_its_documented_formula(
    name: str, a: tuple[int, int, int, int], d: tuple[int, int, int, int], value: float
) -> None:
    cases = _counts(a, d)
    found = measures.pre_training(cases) | measures.post_training(cases)
    assert found[name] == pytest.approx(value, abs=0.005)


def test_generalized_entropy_is_that_of_the_benefits() -> None:
    a, d = (10, 4, 3, 20), (5, 6, 1, 9)
    benefits = np.repeat([1, 2, 0, 1] * 2, [*a, *d])
    expected = np.mean((benefits / benefits.mean()) ** 2 - 1) / 2
    assert measures.post_training(_counts(a, d))["GE"] == pytest.approx(expected)


def test_disparity_is_the_weighted_mean_of_the_groups() -> None:
    """60 % of the rejected and 50 % of the accepted are of d: a disparity of 0.1; none in the other group."""
    groups = {
        "arts": ((True, 60, 50), (False, 40, 50)),
        "sciences": ((True, 30, 30), (False, 70, 70)),
    }
    cases = {
        Case(is_d, group, str(int(positive)), positive, None): count
        for group, sides in groups.items()
        for is_d, rejected, accepted in sides
        for positive, count in ((False, rejected), (True, accepted))
    }
    assert measures.pre_training(cases)["CDDL"] == pytest.approx(0.05)


def _configuration(folder: Path, **changed: object) -> dict[str, str]:
    stated = {
        "headers": ["late", "carrier", "size"], "label": "late", "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "carrier", "value_or_threshold": ["small"]}],
    } | changed  # fmt: skip
    path = folder / "analysis_config.json"
    path.write_text(json.dumps(stated))
    return {**BIAS, "analysis_config": str(path)}


def _rows(small: float, size: int, seed: int = 4) -> list[tuple[str, str, str, str]]:
    """Rows of label, carrier, size and prediction; small carriers are predicted late with another chance."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(size):
        carrier = "small" if number % 3 == 0 else "large"
        true = random.random() < 0.5
        guess = random.random() < (small if carrier == "small" else 0.5)
        rows.append((str(int(true)), carrier, f"{random.random() * 100:.2f}", str(int(guess))))
    return rows


def _baseline(folder: Path, given: dict[str, str], small: float = 0.5) -> Ended:
    text = jobs.csv_of(["late", "carrier", "size", "guess"], _rows(small, 1_500))
    return jobs.baseline(folder, text, inference_attribute="guess", **given)


def _window(folder: Path, rows: Iterable[tuple[str, str, str, str]]) -> None:
    rows = list(rows)
    jobs.captures(folder, [(f"{carrier},{size}", guess) for _, carrier, size, guess in rows])
    path = folder / "truth" / "labels.jsonl"
    path.parent.mkdir(exist_ok=True)
    lines = [
        {"groundTruthData": {"data": true, "encoding": "CSV"}, "eventMetadata": {"eventId": f"event-{number}"}}
        for number, (true, *_) in enumerate(rows)
    ]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def _run(folder: Path, given: dict[str, str], **more: str) -> Ended:
    return jobs.monitored(
        folder, ground_truth_source=str(folder / "truth"), **{"inference_attribute": "0", **given, **more}
    )


def test_a_baseline_is_an_analysis_as_clarify_writes_it(tmp_path: Path) -> None:
    ended = _baseline(tmp_path, _configuration(tmp_path))
    assert (ended.status, ended.message) == (0, "Completed: Job completed successfully with no violations.")
    analysis = ended.document("analysis.json")
    assert analysis.keys() == {"version", "pre_training_bias_metrics", "post_training_bias_metrics"}
    before = analysis["pre_training_bias_metrics"]
    assert (before["label"], before["label_value_or_threshold"]) == ("late", "1")
    (entry,) = before["facets"]["carrier"]
    assert entry["value_or_threshold"] == "small"
    assert entry["metrics"][0] == {
        "name": "CI", "description": "Class Imbalance (CI)", "value": pytest.approx(1 / 3, abs=0.001),
    }  # fmt: skip
    assert [one["name"] for one in analysis["post_training_bias_metrics"]["facets"]["carrier"][0]["metrics"]] == [
        "DPPL", "DI", "DCA", "DCR", "RD", "SD", "DAR", "DRR", "AD", "TE", "GE",
    ]  # fmt: skip


def test_groups_that_are_treated_as_before_pass(tmp_path: Path) -> None:
    given = _configuration(tmp_path)
    _baseline(tmp_path, given)
    _window(tmp_path, _rows(0.5, 900, seed=9))
    ended = _run(tmp_path, given)
    assert (ended.status, ended.violations) == (0, []), ended.message


def test_a_group_that_is_treated_worse_is_found(tmp_path: Path) -> None:
    given = _configuration(tmp_path)
    _baseline(tmp_path, given)
    _window(tmp_path, _rows(0.05, 900))
    ended = _run(tmp_path, given)
    found = {one["metric_name"] for one in ended.violations}
    assert {"DPPL", "DI", "RD"} <= found
    assert not {"CI", "DPL", "KL"} & found
    dppl = next(one for one in ended.violations if one["metric_name"] == "DPPL")
    assert (dppl["facet"], dppl["facet_value"], dppl["constraint_check_type"]) == (
        "carrier",
        "small",
        "bias_drift_check",
    )
    assert "carrier: bias_drift_check DPPL of small 0.46, farther from 0 than " in ended.message
    assert "small against all others" in ended.report


def test_every_value_is_compared_when_none_is_named(tmp_path: Path) -> None:
    given = _configuration(tmp_path, facet=[{"name_or_index": 1}], group_variable="size")
    rows = [(true, carrier, str(float(size) > 50), guess) for true, carrier, size, guess in _rows(0.5, 600)]
    text = jobs.csv_of(["late", "carrier", "size", "guess"], rows)
    ended = jobs.baseline(tmp_path, text, inference_attribute="guess", **given)
    before = ended.document("analysis.json")["pre_training_bias_metrics"]["facets"]["carrier"]
    assert [one["value_or_threshold"] for one in before] == ["large", "small"]
    assert "CDDL" in {one["name"] for one in before[0]["metrics"]}


def test_one_number_for_many_numbers_is_a_threshold_in_every_run(tmp_path: Path) -> None:
    given = _configuration(tmp_path, facet=[{"name_or_index": "size", "value_or_threshold": [40]}])
    ended = _baseline(tmp_path, given)
    (entry,) = ended.document("analysis.json")["pre_training_bias_metrics"]["facets"]["size"]
    assert entry["value_or_threshold"] == "(40, inf)"
    _window(tmp_path, [(true, carrier, "50" if number % 2 else "30", guess)
                       for number, (true, carrier, _, guess) in enumerate(_rows(0.5, 900, seed=9))])  # fmt: skip
    (entry,) = _run(tmp_path, given).document("analysis.json")["pre_training_bias_metrics"]["facets"]["size"]
    assert entry["metrics"][0]["value"] == pytest.approx(0.0, abs=0.01)


def test_probabilities_are_compared_with_their_threshold(tmp_path: Path) -> None:
    given = _configuration(tmp_path)
    _baseline(tmp_path, given)
    _window(tmp_path, [(true, carrier, size, "0.7" if guess == "1" else "0.5")
                       for true, carrier, size, guess in _rows(0.5, 900, seed=9)])  # fmt: skip
    options = {"inference_attribute": "", "probability_attribute": "0", "probability_threshold_attribute": "0.6"}
    assert _run(tmp_path, given, **options).violations == []


def test_without_predictions_only_labels_are_analysed_and_that_is_said(tmp_path: Path) -> None:
    given = _configuration(tmp_path)
    ended = jobs.baseline(tmp_path, jobs.csv_of(["late", "carrier"], [row[:2] for row in _rows(0.5, 300)]), **given)
    assert "post_training_bias_metrics" not in ended.document("analysis.json")
    assert "without a column of predictions only the labels were analysed" in ended.message
    _window(tmp_path, _rows(0.5, 900, seed=9))
    ended = _run(tmp_path, given)
    assert ended.message == (
        "Completed: Job completed successfully with no violations. the baseline has no predictions: metrics of these "
        "were not compared."
    )


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"facet": [{"name_or_index": "colour"}]}, "there is no column 'colour'; there are late, carrier, size"),
        ({"facet": []}, "must each have an entry"),
        ({"headers": None}, "is not as Clarify's configuration"),
        ({"facet": [{"name_or_index": "carrier", "value_or_threshold": [4]}], "label_values_or_threshold": [9]}, ""),
    ],
    ids=["no-column", "no-facet", "no-headers", "values-that-are-none"],
)
def test_a_configuration_that_does_not_fit_is_a_sentence(
    tmp_path: Path, changed: dict[str, object], words: str
) -> None:
    ended = _baseline(tmp_path, _configuration(tmp_path, **changed))
    assert ended.status == (1 if words else 0), ended.message
    assert words in ended.message


def test_a_window_of_nothing_is_said(tmp_path: Path) -> None:
    given = _configuration(tmp_path)
    _window(tmp_path, [])
    assert "there is no baseline yet: " in _run(tmp_path, given).message
    _baseline(tmp_path, given)
    ended = _run(tmp_path, given)
    assert (ended.status, "nothing was captured" in ended.message) == (0, True)


def test_records_without_the_facet_are_counted(tmp_path: Path) -> None:
    given = _configuration(tmp_path)
    _baseline(tmp_path, given)
    rows = _rows(0.5, 300, seed=9)
    _window(tmp_path, [("1", "", "5", "1"), *rows])
    assert "a.jsonl, line 1: it has no carrier" in _run(tmp_path, given).message


def test_a_column_of_too_many_values_is_refused(tmp_path: Path) -> None:
    given = _configuration(tmp_path, facet=[{"name_or_index": "size"}])
    rows = [("1", "small", str(number), "1") for number in range(6_000)]
    text = jobs.csv_of(["late", "carrier", "size", "guess"], rows)
    ended = jobs.baseline(tmp_path, text, inference_attribute="guess", **given)
    assert (ended.status, "size has too many different values" in ended.message) == (1, True)


def test_the_configuration_and_labels_are_needed(tmp_path: Path) -> None:
    ended = _baseline(tmp_path, BIAS)
    assert (ended.status, "analysis_config is missing" in ended.message) == (1, True)
    given = _configuration(tmp_path)
    _baseline(tmp_path, given)
    assert "ground_truth_source is missing" in jobs.monitored(tmp_path, **given).message
