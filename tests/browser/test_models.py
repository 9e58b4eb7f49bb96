# SPDX-License-Identifier: Apache-2.0
"""Models at the console: a person approves one version, rejects another, and prints a card."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.console import registering

if TYPE_CHECKING:
    from tests.end_to_end.users import Orchestrator

Accessible = Callable[[Page], None]
A4 = (595, 842)
CARD = Path(__file__).parents[1] / "model_cards" / "create_model_card.json"


def sections() -> dict[str, Any]:
    """What a card says, with two evaluations of the same names."""
    given = json.loads(CARD.read_text(encoding="utf-8"))
    named = {name: value for name, value in given.items() if name != "security_config" and not isinstance(value, str)}
    return {**named, "evaluation_details": given["evaluation_details"] * 2}


@pytest.fixture
def scheme(page: Page) -> str:
    return "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"


def test_one_version_is_approved_and_another_rejected(
    page: Page, single: str, accessible: Accessible, orchestrator: Orchestrator, scheme: str
) -> None:
    group = registering.group(orchestrator, f"browsed-{scheme}")
    metrics = {"auc": "0.93", "logloss": "0.31", "min_metric": "auc=0.9", "job_arn": "arn:of:job/weekly-7"}
    kept = {"ModelCardContent": json.dumps(sections()), "ModelCardStatus": "Draft"}
    for card in ({}, {"ModelCard": kept}):
        registering.by_hand(orchestrator, group, CustomerMetadataProperties=metrics, **card)
    page.goto(single)
    page.get_by_role("link", name="Models", exact=True).click()
    accessible(page)
    page.get_by_role("link", name=group, exact=True).click()
    # It comes when the pipelines were asked.
    expect(page.locator("#deployed")).to_contain_text("No pipeline tells of a deployment of it.")
    accessible(page)

    page.get_by_role("link", name="Version 2").click()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#approval")).to_have_text("Approved Approved without a comment.")
    accessible(page)

    page.get_by_role("link", name=group, exact=True).click()
    page.get_by_role("link", name="Version 1").click()
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("alert")).to_contain_text("Give a reason")
    accessible(page)
    page.get_by_label("Comment").fill("worse in winter")
    page.get_by_role("button", name="Reject").click()
    expect(page.locator("#approval")).to_have_text("Rejected worse in winter")
    page.get_by_role("link", name=group, exact=True).click()
    first = page.get_by_role("row").filter(has=page.get_by_role("link", name="Version 1"))
    expect(first).to_contain_text("worse in winter")
    expect(first).to_contain_text("at least auc=0.9")


def test_a_card_is_read_with_its_charts_and_printed_whole(
    page: Page, single: str, accessible: Accessible, orchestrator: Orchestrator, scheme: str
) -> None:
    name = f"browsed-card-{scheme}"
    orchestrator.provision({"pipeline_type": "create_model_card", "name": name, **sections()})
    page.goto(single)
    page.get_by_role("link", name="Models", exact=True).click()
    page.get_by_role("link", name="Model cards").click()
    accessible(page)
    page.get_by_role("link", name=name).click()
    for drawn in ("lift", "delays", "confusion"):
        expect(page.get_by_role("img", name=drawn)).to_have_count(2)
    accessible(page)
    for place in range(2):
        page.get_by_text("Numbers of confusion").nth(place).click()
        expect(page.get_by_role("group", name="Numbers of confusion").nth(place)).to_contain_text("118")
    accessible(page)
    with page.expect_download() as kept:
        page.get_by_role("link", name="JSON to keep").click()
    assert json.loads(Path(kept.value.path()).read_text())["ModelCardName"] == name

    sheets = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True))).pages
    assert {tuple(round(float(side)) for side in sheet.mediabox[2:]) for sheet in sheets} == {A4}
    text = "\n".join(sheet.extract_text() for sheet in sheets)
    for title in re.findall("<h2>(.*?)</h2>", page.content()):
        assert title in text
    assert "Plan pilots and berths a day ahead." in text
    assert "Skip to the content" not in text
    assert "Pipelines" not in text
    assert "JSON to keep" not in text
