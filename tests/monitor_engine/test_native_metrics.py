# SPDX-License-Identifier: Apache-2.0
"""Baselines of metrics as Model Monitor's and Clarify's own containers write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.monitor_engine import jobs
from tests.monitor_engine.jobs import Ended

_QUALITY = {
    "analysis_type": "MODEL_QUALITY",
    "problem_type": "BinaryClassification",
    "inference_attribute": "0",
}


def _window(folder: Path, size: int = 400, seed: int = 5) -> None:
    """Captures of carriers and their predictions, of which nine of ten are right, with labels."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, size)
    guesses = np.where(random.random(size) < 0.9, labels, 1 - labels)
    carriers = random.choice(["small", "large"], size)
    jobs.captures(folder, [(f"{carrier},5", str(guess)) for carrier, guess in zip(carriers, guesses, strict=True)])
    path = folder / "truth" / "labels.jsonl"
    path.parent.mkdir(exist_ok=True)
    lines = [
        {"groundTruthData": {"data": str(label), "encoding": "CSV"}, "eventMetadata": {"eventId": f"event-{number}"}}
        for number, label in enumerate(labels)
    ]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def _run(folder: Path, baseline: Any, **given: str) -> Ended:
    path = folder / "baseline" / "constraints.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(baseline))
    return jobs.monitored(folder, ground_truth_source=str(folder / "truth"), **given)


def _constraints(**metrics: Any) -> dict[str, Any]:
    return {"version": 0.0, "binary_classification_constraints": metrics}


def _limit(threshold: Any, operator: str = "LessThanThreshold") -> dict[str, Any]:
    return {"threshold": threshold, "comparison_operator": operator}


def test_thresholds_are_taken_as_they_are_written(tmp_path: Path) -> None:
    """In text and in scientific notation, as Model Monitor's container does, and without any standard deviation."""
    _window(tmp_path)
    baseline = _constraints(
        accuracy=_limit("9.9999e-1"), recall=_limit(0.5), precision=_limit("NaN"), f1=_limit(None),
        false_positive_rate=_limit("1.0E-4", "GreaterThanThreshold"), auc=_limit(0.9),
    )  # fmt: skip
    ended = _run(tmp_path, baseline, **_QUALITY)
    assert ended.findings == {
        ("accuracy", "LessThanThreshold"), ("false_positive_rate", "GreaterThanThreshold"),
    }, ended.message  # fmt: skip
    assert "without a value in this run, and so not compared with the baseline: auc" in ended.message


def test_labels_of_a_native_confusion_matrix_are_the_same_labels(tmp_path: Path) -> None:
    _window(tmp_path)
    metrics = {"confusion_matrix": {"0.0": {"0.0": 5, "1.0": 1}, "1.0": {"0.0": 1, "1.0": 5}}}
    path = tmp_path / "baseline" / "statistics.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"version": 0.0, "binary_classification_metrics": metrics}))
    ended = _run(tmp_path, _constraints(accuracy=_limit(0.8)), **_QUALITY)
    assert (ended.status, "labels that the baseline does not know" in ended.message) == (0, False), ended.message
    assert set(ended.document("statistics.json")["binary_classification_metrics"]["confusion_matrix"]) == {"0", "1"}


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        ({"accuracy": _limit("good")}, "the threshold of accuracy is 'good': give a number"),
        ({"accuracy": _limit(0.9, "Below")}, "comparison_operator of accuracy is 'Below': give LessThanThreshold or"),
    ],
    ids=["threshold", "operator"],
)
def test_what_cannot_be_compared_is_named(tmp_path: Path, metrics: Any, words: str) -> None:
    _window(tmp_path)
    ended = _run(tmp_path, _constraints(**metrics), **_QUALITY)
    assert (ended.status, words in ended.message) == (1, True), ended.message


def _bias(folder: Path, **changed: Any) -> dict[str, str]:
    stated = {
        "headers": ["late", "carrier", "size"], "label": "late", "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "carrier", "value_or_threshold": ["small"]}],
    } | changed  # fmt: skip
    path = folder / "analysis_config.json"
    path.write_text(json.dumps(stated))
    return {"analysis_type": "MODEL_BIAS", "analysis_config": str(path), "inference_attribute": "0"}


def _analysis(facet: str = "carrier", value: str = "small", label: str = "1", **metrics: Any) -> dict[str, Any]:
    stated = [{"name": name, "description": name, **value} for name, value in metrics.items()]
    return {
        "version": "1.0",
        "post_training_bias_metrics": {
            "label": "late",
            "label_value_or_threshold": label,
            "facets": {facet: [{"value_or_threshold": value, "metrics": stated}]},
        },
    }


def test_clarify_s_analysis_is_a_baseline(tmp_path: Path) -> None:
    _window(tmp_path)
    lost = {"value": None, "error": "Facet set is empty"}
    before = _analysis(DPPL={"value": 0.9}, DI={"value": 0.2}, DCA=lost, XY={"value": 0.1})
    ended = _run(tmp_path, before, **_bias(tmp_path))
    assert (ended.status, ended.violations) == (0, []), ended.message
    assert "not computed by this engine, and so not compared: XY" in ended.message
    assert _names(ended.message, "without a value in the baseline, and so not compared: ") >= {"AD", "CI", "DCA"}


def _names(message: str, before: str) -> set[str]:
    """The names that stand after some words of a message."""
    return set(message.partition(before)[2].partition(".")[0].split(", "))


def test_ranges_of_clarify_s_are_thresholds(tmp_path: Path) -> None:
    """Its threshold ends with the greatest value: `(4.0, 2278.0]`."""
    _window(tmp_path)
    given = _bias(tmp_path, facet=[{"name_or_index": "size", "value_or_threshold": [4]}])
    ended = _run(tmp_path, _analysis("size", "(4.0, 2278.0]", CI={"value": 0.99}), **given)
    assert (ended.status, ended.findings) == (0, {("size", "bias_drift_check")}), ended.message


@pytest.mark.parametrize(
    ("baseline", "status", "words"),
    [
        (_analysis("berth", "north", CI={"value": 0.1}), 0, "no record has berth north"),
        (_analysis("berth", "north", CI={"value": 0.1}), 0, "the baseline has no metrics of carrier small"),
        (_analysis(label="0", CI={"value": 0.1}), 1, "is of the label late of 0, and analysis_config of late of 1"),
        ({"version": "1.0"}, 1, "has no bias metrics"),
        ({"post_training_bias_metrics": {"facets": []}}, 1, "is no bias analysis"),
    ],
    ids=["no-record", "no-facet", "another-label", "no-metrics", "no-analysis"],
)
def test_what_of_clarify_s_cannot_be_compared_is_said(tmp_path: Path, baseline: Any, status: int, words: str) -> None:
    _window(tmp_path)
    ended = _run(tmp_path, baseline, **_bias(tmp_path))
    assert (ended.status, words in ended.message) == (status, True), ended.message
