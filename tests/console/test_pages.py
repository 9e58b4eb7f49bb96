# SPDX-License-Identifier: Apache-2.0
"""The page in a single account: from a form with mistakes to a prediction, and away again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.console.visiting import Visitor
from tests.end_to_end.users import ARTIFACT_KEY, SERVED

if TYPE_CHECKING:
    from scripts.demo.demo_model import TrainedModel
    from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]
FORM = "/new/byom_realtime_builtin"


@pytest.fixture(scope="module")
def visitor(orchestrator: Orchestrator) -> Visitor:
    return Visitor(orchestrator.deployment.api)


@pytest.fixture(scope="module")
def typed(orchestrator: Orchestrator) -> dict[str, str]:
    return {
        "model_name": "by-console",
        "model_artifact_location": ARTIFACT_KEY,
        "inference_instance": "ml.m5.large",
        "data_capture_location": f"{orchestrator.deployment.outputs['AssetsBucketName']}/captured/by-console",
        **SERVED,
    }


@pytest.mark.parametrize("path", ["/", "/approvals", "/monitors", "/models", "/cards", "/new", "/mail"])
def test_every_part_has_a_heading_and_a_way_to_the_others(visitor: Visitor, path: str) -> None:
    page = visitor.visit(path)
    assert (page.status, len(page.headings)) == (200, 1)
    for part in ("Pipelines", "Approvals", "Monitors", "Models", "New", "Mail"):
        assert part in page.words


@pytest.mark.parametrize("path", ["/nowhere", "/pipelines/nowhere", "/new/no_type"])
def test_what_is_not_there_is_a_page_in_words(visitor: Visitor, path: str) -> None:
    page = visitor.visit(path)
    assert page.status in {400, 404}
    assert page.headings


def test_every_type_has_a_form(visitor: Visitor, orchestrator: Orchestrator) -> None:
    for one in orchestrator.deployment.api.pipeline_types(limit=50).body["pipeline_types"]:
        page = visitor.visit(f"/new/{one['pipeline_type']}")
        assert (page.status, page.headings) == (200, [one["pipeline_type"]])


def test_every_mistake_stands_at_its_field(visitor: Visitor, typed: dict[str, str]) -> None:
    page = visitor.send(FORM, **{**typed, "model_name": "no name", "inference_instance": "ml.m5.huge"})
    assert page.status == 400
    assert "Nothing was created: 2 to put right." in page.text
    assert page.html.count('aria-invalid="true"') == 2
    assert 'value="no name"' in page.html


def test_a_pipeline_from_the_plan_to_its_end(
    visitor: Visitor, typed: dict[str, str], model: TrainedModel, until: Until
) -> None:
    plan = visitor.send(FORM, **typed)
    assert (plan.status, "Provision" in plan.words) == (200, True)
    assert visitor.visit("/?model_name=by-console").text.count("by-console") == 0
    sent = visitor.send(FORM, **typed, send="yes")
    assert sent.status == 303
    until(
        lambda: (
            "Succeeded" in visitor.visit(sent.location).words
            and "Try a prediction" in visitor.visit(sent.location).text
        )
    )

    for query, is_there in {
        "model_name=by-console&state=Succeeded": True,
        "model_name=by-console&state=Failed": False,
        "search=BY-CONS&place=this+account": True,
        "search=by-console%2Freal": True,
        "search=by-console&place=staging": False,
    }.items():
        assert ("by-console/realtime" in visitor.visit(f"/?{query}").words) is is_there, query

    page = visitor.visit(sent.location)
    kept = next(words for words in page.words if words.startswith("{ "))
    assert json.loads(kept) == {"pipeline_type": "byom_realtime_builtin", **typed}
    again = visitor.visit(f"{FORM}?of=by-console")
    assert 'value="by-console"' in again.html
    assert f">{typed['data_capture_location']}<" in again.html

    name = quote("by-console", safe="")
    payload = ",".join(map(str, model.holdout_rows[0]))
    answered = visitor.send(f"/predictions/{name}", payload=payload, content_type="text/csv")
    assert "The model answers" in answered.words
    refused = visitor.send(f"/predictions/{name}", payload="no,numbers", content_type="text/csv")
    assert (refused.status, "no,numbers" in refused.html, 'role="alert"' in refused.html) == (502, True, True)

    asked = visitor.visit(f"/deletions/{name}")
    stack = "mlops-pipeline-by-console-byompipelinerealtimebuiltin-codepipeline"
    assert stack in asked.text
    kept = visitor.send(f"/deletions/{name}", confirmation="by-console")
    assert (kept.status, "Type the name of the pipeline" in kept.text) == (400, True)
    assert visitor.send(f"/deletions/{name}", confirmation=stack).status == 303
    until(lambda: visitor.visit(f"/pipelines/{name}").status == 404)


def test_what_people_wrote_is_text_and_nothing_else(visitor: Visitor, typed: dict[str, str]) -> None:
    page = visitor.send(FORM, **{**typed, "model_name": "<script>alert(1)</script>"})
    assert "<script>alert" not in page.html
