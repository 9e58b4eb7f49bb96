# SPDX-License-Identifier: Apache-2.0
"""Model cards on the page: the list, a card with sections and charts, its versions, and the version of the registry."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.console import registering
from tests.console.visiting import Visitor

if TYPE_CHECKING:
    from tests.end_to_end.users import Orchestrator

FILE = Path(__file__).parents[1] / "model_cards" / "create_model_card.json"
TEXTS = (
    "Plan pilots and berths a day ahead.",
    "Early stopping after ten rounds.",
    "best round",
    "Holds in fog.",
    "Retrain every season.",
)
ROLE = "arn:aws:iam::123456789012:role/model"


@pytest.fixture(scope="module")
def visitor(orchestrator: Orchestrator) -> Visitor:
    return Visitor(orchestrator.deployment.api)


@pytest.fixture(scope="module")
def sections() -> dict[str, Any]:
    """A card with something in each section and a metric of each type."""
    given = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        name: value for name, value in given.items() if isinstance(value, dict | list) and name != "security_config"
    }


def make(orchestrator: Orchestrator, name: str, **sections: Any) -> str:
    orchestrator.provision({"pipeline_type": "create_model_card", "name": name, **sections})
    return name


def test_a_card_is_shown_with_all_its_sections_and_charts(
    orchestrator: Orchestrator, visitor: Visitor, sections: dict[str, Any]
) -> None:
    name = make(orchestrator, "seen-card", **sections)
    page = visitor.visit(f"/cards/{name}")
    assert (page.status, page.headings) == (200, [name])
    titles = ["Model overview", "Intended uses", "Business details", "Training details", "Evaluation details",
              "Additional information", "Versions"]  # fmt: skip
    assert re.findall("<h2>(.*?)</h2>", page.html) == titles
    for text in (*TEXTS, "validation:auc", "0.934", "max_depth", "M. Ilves"):
        assert text in page.words
    assert page.html.count('<svg role="img"') == 3
    # Each is there as a table, too.
    for drawn in ("lift", "delays", "confusion"):
        assert f"Numbers of {drawn}" in page.words
    assert {"118", "59", "north", "3.2"} <= set(page.words)
    assert "style=" not in page.html


def test_a_card_and_its_version_lead_to_each_other(
    orchestrator: Orchestrator, visitor: Visitor, sections: dict[str, Any]
) -> None:
    """By a model that was made of the version, as a pipeline does, and by the version's own ARN."""
    group = registering.group(orchestrator, "carded")
    arn = registering.by_hand(orchestrator, group, ModelApprovalStatus="Approved")
    container = {"ModelPackageName": arn}
    orchestrator.client("sagemaker").create_model(
        ModelName="carded-model", ExecutionRoleArn=ROLE, PrimaryContainer=container
    )
    by_model = make(orchestrator, "carded-by-model", model_overview={"model_name": "carded-model"})
    by_arn = make(orchestrator, "carded-by-arn", model_overview={"model_id": arn})
    for name in (by_model, by_arn):
        assert f'href="/versions/{arn}"' in visitor.visit(f"/cards/{name}").html
    assert {by_model, by_arn} <= set(visitor.visit(f"/versions/{arn}").words)


def test_earlier_versions_and_the_json_stay_to_be_read(orchestrator: Orchestrator, visitor: Visitor) -> None:
    name = make(orchestrator, "changed-card", intended_uses={"purpose_of_model": "first words"})
    changed = {"name": name, "intended_uses": {"purpose_of_model": "second words"}}
    orchestrator.provision({"pipeline_type": "update_model_card", **changed})
    assert {"second words", "Version 2", "Version 1"} <= set(visitor.visit(f"/cards/{name}").words)
    assert "first words" in visitor.visit(f"/cards/{name}?version=1").words
    assert visitor.visit(f"/cards/{name}?version=9").status in {400, 404}

    kept = visitor.read(f"/cards/{name}/json?version=1")
    assert kept.headers["Content-Disposition"] == f'attachment; filename="{name}-1.json"'
    assert kept.json["Content"]["intended_uses"]["purpose_of_model"] == "first words"


def test_the_list_is_narrowed_by_name_and_status(orchestrator: Orchestrator, visitor: Visitor) -> None:
    draft, ready = make(orchestrator, "listed-draft"), make(orchestrator, "listed-ready", status="PendingReview")
    assert {draft, ready, "PendingReview"} <= set(visitor.visit("/cards?name_contains=listed").words)
    found = visitor.visit("/cards?name_contains=listed&status=Draft").words
    assert (draft in found, ready in found) == (True, False)
    assert "There are no such cards." in visitor.visit("/cards?name_contains=nobody").text


def test_the_list_has_pages(orchestrator: Orchestrator, visitor: Visitor) -> None:
    for number in range(21):
        make(orchestrator, f"leafy-{number}")
    first = visitor.visit("/cards?name_contains=leafy")
    more = first.html.partition('<a href="/cards?')[2].partition('"')[0].replace("&amp;", "&")
    second = visitor.visit(f"/cards?{more}")
    assert [sum(word.startswith("leafy-") for word in page.words) for page in (first, second)] == [20, 1]


def test_what_a_card_says_is_text_and_nothing_else(orchestrator: Orchestrator, visitor: Visitor) -> None:
    """Also what stands in drawings."""
    bars = {"name": "<script>b</script>", "type": "bar_chart", "value": [1], "x_axis_name": ["<script>x</script>"]}
    evaluation = {"name": "<script>e</script>", "metric_groups": [{"name": "g", "metric_data": [bars]}]}
    name = make(orchestrator, "hostile-card", evaluation_details=[evaluation])
    page = visitor.visit(f"/cards/{name}")
    assert "<script>e" not in page.html
    assert "<script>b" not in page.html
    assert "<script>x" not in page.html
    assert "<script>e</script>" in page.words


def test_content_that_is_no_object_is_shown_as_it_is(orchestrator: Orchestrator, visitor: Visitor) -> None:
    """Whoever wrote it; SageMaker's schema has no such parts."""
    content = json.dumps({"notes_of_ours": ["a", {"name": "b"}, 3], "empty": {}, "number": 1.5})
    client = orchestrator.client("sagemaker")
    client.create_model_card(ModelCardName="foreign-card", ModelCardStatus="Draft", Content=content)
    page = visitor.visit("/cards/foreign-card")
    assert (page.status, "Notes of ours" in page.words, "1.5" in page.words) == (200, True, True)
