# SPDX-License-Identifier: Apache-2.0
"""Requests of the earlier solution's versions 1.x: translated, or told what takes their place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from orchestrator.errors import RefusedRequestError
from orchestrator.pipeline_types.built_in import BUILT_IN
from scripts.requests import former_versions, migration, offline
from scripts.requests.migration import Entry

FILES: Final = Path(__file__).parent / "migration" / "single"
LAUNCH: Final = offline.launch("single-account", use_model_registry=False, region="eu-west-1")
Body = dict[str, Any]


def entry_of(body: Body) -> Entry:
    (entry,) = migration.read(json.dumps(body).encode(), LAUNCH)
    return entry


def sample(name: str, **changes: Any) -> Body:
    found: Body = json.loads((FILES / f"{name}.json").read_text(encoding="utf-8"))
    return {**found, **changes}


def without(body: Body, *keys: str) -> Body:
    return {key: value for key, value in body.items() if key not in keys}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("realtime_builtin", "realtime"),
        ("realtime_custom", "realtime"),
        ("batch_builtin", "Batch"),
        ("batch_custom", "batch"),
    ],
)
def test_byom_is_a_type_by_how_it_serves_and_by_its_image(name: str, kind: str) -> None:
    today = sample(name)
    old = {**today, "pipeline_type": "byom", "inference_type": kind, "custom_model_container": "", "training_data": "x"}
    entry = entry_of(old)
    assert entry.outcome == "changed"
    assert entry.request == entry_of(today).request
    assert entry.changes[0] == f"byom of versions 1.x, with inference_type, is {today['pipeline_type']} now."
    assert former_versions.PLACES_HAVE_BUCKETS in entry.changes
    assert 'pipeline_type: "byom"' in [rewritten.was for rewritten in entry.rewritten]


@pytest.mark.parametrize("old", ["model_monitor", "byom_model_monitor", " BYOM_Model_Monitor "])
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("data_quality", None),
        ("data_quality", "dataquality"),
        ("model_quality", "ModelQuality"),
        ("model_bias", "modelbias"),
        ("model_explainability", "modelexplainability"),
    ],
)
def test_a_model_monitor_is_a_type_by_what_it_monitors(old: str, name: str, kind: str | None) -> None:
    today = sample(name)
    body = without({**today, "training_data": today["baseline_data"], "pipeline_type": old}, "baseline_data")
    body = body if kind is None else {**body, "monitoring_type": kind}
    if "monitor_max_runtime_seconds" in body:
        body["max_runtime_seconds"] = body.pop("monitor_max_runtime_seconds")
    entry = entry_of(body)
    assert entry.problems == ()
    assert entry.request is not None
    assert without(dict(entry.request)) == dict(entry_of(today).request or {})
    assert "training_data is baseline_data now." in entry.changes


def test_training_data_of_a_monitor_of_today_is_its_baseline() -> None:
    today = sample("data_quality")
    body = without({**today, "training_data": today["baseline_data"]}, "baseline_data")
    assert entry_of(body).request == entry_of(today).request


def test_a_key_that_has_its_name_already_is_not_replaced() -> None:
    today = sample("data_quality")
    entry = entry_of({**today, "training_data": "something/else.csv"})
    assert entry.request == entry_of(today).request


@pytest.mark.parametrize(
    ("body", "key", "words"),
    [
        ({"pipeline_type": "byom"}, "inference_type", "must be realtime or batch"),
        ({"pipeline_type": "byom", "inference_type": 3}, "inference_type", "got"),
        (
            {"pipeline_type": "byom", "inference_type": "batch", "custom_model_container": "docker/a.zip"},
            "custom_model_container",
            "byom_image_builder",
        ),
        ({"pipeline_type": "model_monitor", "monitoring_type": "drift"}, "monitoring_type", "dataquality"),
    ],
)
def test_what_no_request_says_any_more_is_named(body: Body, key: str, words: str) -> None:
    (problem,) = entry_of(body).problems
    assert problem.key == key
    assert words in problem.problem


@pytest.mark.parametrize(
    ("name", "successor"),
    [
        ("byom", "byom_realtime_builtin or byom_batch_builtin"),
        ("model_monitor", "byom_data_quality_monitor"),
        ("byom_model_monitor", "byom_data_quality_monitor takes its place"),
    ],
)
def test_the_api_names_what_takes_the_place_of_a_former_type(name: str, successor: str) -> None:
    with pytest.raises(RefusedRequestError) as refused:
        BUILT_IN.parse({"pipeline_type": name}, LAUNCH)
    (problem,) = refused.value.problems
    assert successor in problem.problem
    assert "mlops import" in problem.problem
    assert "the nearest" not in problem.problem
