# SPDX-License-Identifier: Apache-2.0
"""Oracles: plain formulas, files as AWS documents them, runs whose records come in another order and other files."""

from __future__ import annotations

import json
import math
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor_engine.attribution import explanations
from monitor_engine.attribution.configuration import Configuration
from monitor_engine.bias import baseline as bias_baseline
from monitor_engine.bias import configuration as bias_configuration
from monitor_engine.bias import measures as bias_measures
from monitor_engine.bias.tallies import Tallies
from monitor_engine.model_quality import measures
from monitor_engine.model_quality.measures import Classified
from tests.monitor_engine import jobs, pages
from tests.monitor_engine.jobs import Ended

_PAIRS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=60)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


@settings(deadline=None, max_examples=80)
@given(_PAIRS)
def test_metrics_of_two_labels_are_those_of_their_counts(pairs: list[tuple[int, int]]) -> None:
    counts = Counter(pairs)
    tp, fn, fp, tn = (counts[pair] for pair in ((1, 1), (1, 0), (0, 1), (0, 0)))
    truth, guess = (np.array(side) for side in zip(*pairs, strict=True))
    found = measures.binary(Classified(truth, guess, ["0", "1"]))
    expected = {
        "accuracy": (tp + tn) / len(pairs), "precision": _share(tp, tp + fp), "recall": _share(tp, tp + fn),
        "true_positive_rate": _share(tp, tp + fn), "true_negative_rate": _share(tn, tn + fp),
        "false_positive_rate": _share(fp, fp + tn), "false_negative_rate": _share(fn, fn + tp),
        "f0_5": _share(1.25 * tp, 1.25 * tp + 0.25 * fn + fp), "f1": _share(2 * tp, 2 * tp + fn + fp),
        "f2": _share(5 * tp, 5 * tp + 4 * fn + fp),
    }  # fmt: skip
    assert {name: found[name]["value"] for name in expected} == pytest.approx(expected, nan_ok=True)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=2, max_size=40))
def test_metrics_of_a_regression_are_those_of_their_formulas(pairs: list[tuple[float, float]]) -> None:
    truth, guess = (np.array(side) for side in zip(*pairs, strict=True))
    found = measures.regression(truth, guess)
    assert found["mae"]["value"] == pytest.approx(np.abs(truth - guess).mean())
    assert found["mse"]["value"] == pytest.approx(np.square(truth - guess).mean())
    assert found["rmse"]["value"] == pytest.approx(math.sqrt(np.square(truth - guess).mean()))


_STATED = bias_configuration.Configuration(
    ("late", "carrier"), "late", bias_configuration.Chosen(frozenset({"1"})),
    (bias_configuration.Facet("carrier", bias_configuration.Chosen(frozenset({"small"}))),),
)  # fmt: skip
_ROW = st.tuples(st.sampled_from(["small", "large", "other"]), st.sampled_from("01"), st.sampled_from("01"))


@settings(deadline=None, max_examples=60)
@given(st.lists(_ROW, min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_bias_follows_from_the_rows_in_any_order(rows: list[tuple[str, str, str]], chance: Any) -> None:
    def metrics(of_rows: Sequence[tuple[str, str, str]]) -> dict[str, float]:
        tallies = Tallies(_STATED)
        for carrier, label, guess in of_rows:
            tallies.add({"carrier": carrier}, label, guess)
        (cases,) = tallies.sides(_STATED.facets[0]).values()
        return bias_measures.pre_training(cases) | bias_measures.post_training(cases)

    found = metrics(rows)
    assert metrics(sorted(rows, key=lambda _: chance.random())) == pytest.approx(found, nan_ok=True)
    d, a = ([row for row in rows if (row[0] == "small") is side] for side in (True, False))
    positive = [_share(sum(row[place] == "1" for row in some), len(some)) for some in (a, d) for place in (1, 2)]
    assert found["CI"] == pytest.approx((len(a) - len(d)) / len(rows))
    assert found["DPL"] == pytest.approx(positive[0] - positive[2], nan_ok=True)
    assert found["DPPL"] == pytest.approx(positive[1] - positive[3], nan_ok=True)
    right = [_share(sum(row[1] == row[2] for row in some), len(some)) for some in (a, d)]
    assert found["AD"] == pytest.approx(right[0] - right[1], nan_ok=True)


def test_the_documented_explanations_are_a_baseline(tmp_path: Path) -> None:
    """The names and rounded values of AWS's example of ages of abalones."""
    values = {
        "diameter": 0.686, "height": 0.442, "length": 0.215, "sex": 0.449, "shell": 1.704, "shucked": 2.118,
        "viscera": 0.342, "whole": 0.671,
    }  # fmt: skip
    of_label = {"expected_value": 10.29, "global_shap_values": values}
    path = tmp_path / "analysis.json"
    path.write_text(json.dumps({"explanations": {"kernel_shap": {"label0": of_label}}, "version": "1.0"}))
    stated = Configuration(tuple(values), "", "live", explained=tuple(values))
    read = explanations.read(path, stated)
    assert (read.of(["label0"]), read.background) == ({"label0": values}, ())
    assert explanations.ndcg(values, values) == 1.0


def test_the_documented_bias_metrics_are_a_baseline(tmp_path: Path) -> None:
    """As AWS's page on the files of an analysis has them: the facet's values in a list, each with its metrics."""
    metrics = [
        {"name": "DI", "description": "Disparate Impact (DI)", "value": 0.711},
        {"name": "DCR", "description": "Difference in Conditional Rejections (DCR)", "value": None, "error": "no d"},
    ]
    part = {
        "label": "target", "label_value_or_threshold": "1",
        "facets": {"feature_2": [{"value_or_threshold": "1", "metrics": metrics}]},
    }  # fmt: skip
    path = tmp_path / "analysis.json"
    path.write_text(json.dumps({"explanations": {}, "pre_training_bias_metrics": part}))
    read = bias_baseline.read(path)
    assert (read.limits, read.without_value) == ({("feature_2", "1"): {"DI": 0.711}}, ["DCR"])
    assert (read.label, read.positive) == ("target", "1")


def _records(size: int) -> list[dict[str, Any]]:
    random = np.random.default_rng(5)
    found = []
    for number in range(size):
        carrier, value = ("small", "large")[number % 3 > 0], round(float(random.normal()), 3)
        found.append(jobs.record(f"{carrier},{value}", str(int(random.random() < 0.4)), number))
    return found


def _setting(folder: Path, kind: str) -> dict[str, str]:
    """A baseline of one kind, of other numbers than those of the window; returns the settings of a run."""
    random = np.random.default_rng(7)
    rows = [[number % 2, int(random.random() < 0.7), "small" if number % 2 else "large", round(random.normal() + 1, 3)]
            for number in range(300)]  # fmt: skip
    header = ["label", "guess", "carrier", "size"]
    configuration = folder / "analysis_config.json"
    stated = {"headers": ["label", "carrier", "size"], "label": "label", "label_values_or_threshold": [1],
              "facet": [{"name_or_index": "carrier", "value_or_threshold": ["small"]}]}  # fmt: skip
    configuration.write_text(json.dumps(stated))
    quality = {"analysis_type": "MODEL_QUALITY", "problem_type": "BinaryClassification"}
    given = {"data": {}, "quality": quality,
             "bias": {"analysis_type": "MODEL_BIAS", "analysis_config": str(configuration)}}[kind]  # fmt: skip
    names = {} if kind == "data" else {"inference_attribute": "guess"}
    truth = {"ground_truth_attribute": "label"} if kind == "quality" else {}
    chosen = slice(1 if kind == "data" else 0, None)
    ready = jobs.baseline(folder, jobs.csv_of(header[chosen], [row[chosen] for row in rows]), **given, **names, **truth)
    assert ready.status == 0, ready.message
    pages.checked(ready.report)
    return {**given, **({} if kind == "data" else {"inference_attribute": "0"})}


def _told(ended: Ended, kind: str) -> Any:
    pages.checked(ended.report)
    name = "analysis.json" if kind == "bias" else "statistics.json"
    return ended.status, ended.violations, _rounded(ended.document(name))


def _rounded(found: Any) -> Any:
    """Sums of the same numbers in another order differ in their last digits."""
    if isinstance(found, dict):
        return {key: _rounded(value) for key, value in found.items()}
    if isinstance(found, list):
        return [_rounded(value) for value in found]
    return round(found, 9) + 0.0 if isinstance(found, float) else found


@pytest.mark.parametrize("kind", ["data", "quality", "bias"])
def test_neither_order_nor_files_of_records_change_a_run(tmp_path: Path, kind: str) -> None:
    given = _setting(tmp_path, kind)
    records = _records(240)
    labels = (
        {"groundTruthData": {"data": str(number % 2)}, "eventMetadata": {"eventId": f"event-{number}"}}
        for number in range(240)
    )
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "labels.jsonl").write_text("".join(f"{json.dumps(label)}\n" for label in labels))
    told = []
    for seed, parts in ((0, 1), (1, 1), (2, 5)):
        shutil.rmtree(tmp_path / "captures", ignore_errors=True)
        order = np.random.default_rng(seed).permutation(240)
        for part in range(parts):
            jobs.written(tmp_path, [records[place] for place in order[part::parts]], name=f"part-{part}")
        told.append(_told(jobs.monitored(tmp_path, ground_truth_source=str(tmp_path / "truth"), **given), kind))
    assert told[0] == told[1] == told[2]
    assert told[0][1]
