# SPDX-License-Identifier: Apache-2.0
"""The guide's files for baselines: each is one, for the monitors that the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from monitor_engine import aws
from tests.monitor_engine import jobs

_DOCS: Final = Path(__file__).parents[2] / "docs"
_TRAIN: Final = (_DOCS / "examples" / "monitors" / "train.csv").read_text("utf-8")
_OUTCOMES: Final = (_DOCS / "examples" / "monitors" / "outcomes.csv").read_text("utf-8")


def _configured(folder: Path, **content: Any) -> str:
    path = folder / "analysis_config.json"
    headers = _TRAIN.partition("\n")[0].split(",")
    path.write_text(json.dumps({"dataset_type": "text/csv", "headers": headers, "label": "delayed", **content}))
    return str(path)


def test_the_page_shows_the_files() -> None:
    page = (_DOCS / "monitors.md").read_text("utf-8")
    for name, content in (("train.csv", _TRAIN), ("outcomes.csv", _OUTCOMES)):
        shown = re.search(rf"examples/monitors/{name}\).*?```text\n(.*?)```", page, re.DOTALL)
        assert shown is not None
        assert content.startswith(shown[1])


def test_data_quality_takes_the_training_data(tmp_path: Path) -> None:
    ended = jobs.baseline(tmp_path, _TRAIN)
    assert (ended.status, ended.message) == (0, "Completed: Job completed successfully with no violations.")
    types = {one["name"]: one["inferred_type"] for one in ended.document("statistics.json")["features"]}
    assert types == {
        "delayed": "Integral", "draught": "Fractional", "cargo": "Integral", "wind": "Fractional", "berth": "String",
    }  # fmt: skip
    rows = [line.partition(",") for line in _TRAIN.splitlines()[1:]]
    jobs.captures(tmp_path, [(sent, answered) for answered, _, sent in rows])
    assert jobs.monitored(tmp_path).violations == []


def test_model_quality_takes_outcomes(tmp_path: Path) -> None:
    columns = {
        "analysis_type": "MODEL_QUALITY", "problem_type": "BinaryClassification", "inference_attribute": "prediction",
        "probability_attribute": "probability", "ground_truth_attribute": "delayed",
    }  # fmt: skip
    ended = jobs.baseline(tmp_path, _OUTCOMES, **columns)
    assert ended.status == 0, ended.message
    found = ended.document("statistics.json")["binary_classification_metrics"]
    assert found["accuracy"]["value"] > found["accuracy_best_constant_classifier"]["value"]
    assert isinstance(found["auc"]["standard_deviation"], float)


def test_bias_takes_the_training_data(tmp_path: Path) -> None:
    config = _configured(
        tmp_path,
        label_values_or_threshold=[1],
        facet=[{"name_or_index": "berth", "value_or_threshold": ["west"]}],
        methods={"pre_training_bias": {"methods": "all"}, "report": {"name": "report"}},
    )
    ended = jobs.baseline(tmp_path, _TRAIN, analysis_type="MODEL_BIAS", analysis_config=config)
    assert ended.status == 0, ended.message
    assert ended.document("analysis.json")["pre_training_bias_metrics"]["facets"]["berth"]


def test_attribution_takes_the_training_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def answered(_endpoint: str, body: str, _inference_id: str) -> tuple[str, str]:
        return "\n".join(str(float(line.split(",")[2]) / 20) for line in body.splitlines()), "text/csv"

    monkeypatch.setattr(aws, "ask", answered)
    config = _configured(
        tmp_path,
        methods={"shap": {"num_samples": 20, "agg_method": "mean_abs"}, "report": {"name": "report"}},
        predictor={"endpoint_name": "harbour-delay-live", "content_type": "text/csv", "accept_type": "text/csv"},
    )
    ended = jobs.baseline(
        tmp_path, _TRAIN, analysis_type="MODEL_EXPLAINABILITY", analysis_config=config, predictor_rows="2000"
    )
    assert ended.status == 0, ended.message
    found = ended.document("analysis.json")["explanations"]["kernel_shap"]["label0"]["global_shap_values"]
    assert max(found, key=found.get) == "wind"
