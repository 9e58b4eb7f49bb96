# SPDX-License-Identifier: Apache-2.0
"""What people do at the console, with a keyboard and a mouse."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end import users, windy
from tests.end_to_end.users import ARTIFACT_KEY, SERVED

if TYPE_CHECKING:
    from scripts.demo.demo_model import TrainedModel
    from tests.end_to_end.running import Running
    from tests.end_to_end.users import Orchestrator

Accessible = Callable[[Page], None]


@pytest.mark.parametrize("part", ["Pipelines", "Approvals", "Monitors", "Models", "New", "Mail"])
def test_every_part_is_for_everybody(page: Page, single: str, accessible: Accessible, part: str) -> None:
    page.goto(single)
    page.get_by_role("link", name=part, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    accessible(page)


def test_the_keyboard_reaches_the_content_first(page: Page, single: str) -> None:
    page.goto(single)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()


def test_a_pipeline_from_a_form_with_a_mistake_to_its_deletion(
    page: Page, single: str, accessible: Accessible, orchestrator: Orchestrator, model: TrainedModel
) -> None:
    scheme = "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"
    name, bucket = f"seen-{scheme}", orchestrator.deployment.outputs["AssetsBucketName"]
    page.goto(single)
    page.get_by_role("link", name="New", exact=True).click()
    page.get_by_role("link", name="byom_realtime_builtin").click()
    typed = {
        "model_name": "no name",
        "model_artifact_location": ARTIFACT_KEY,
        "inference_instance": "ml.m5.large",
        "data_capture_location": f"{bucket}/captured/{name}",
        **SERVED,
    }
    for key, text in typed.items():
        page.locator(f"#{key}").fill(text)
    page.get_by_role("button", name="Plan").click()
    expect(page.locator("#model_name")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was created: 1 to put right.")
    accessible(page)

    page.locator("#model_name").fill(name)
    page.get_by_role("button", name="Plan").click()
    expect(page.get_by_role("heading", name="The plan")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Provision").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{name}/realtime")
    # Without a reload: the page looks again by itself.
    expect(page.locator("#now .state").first).to_have_text("Succeeded")
    page.reload()
    accessible(page)

    page.get_by_label("What the model reads").fill(",".join(map(str, model.holdout_rows[0])))
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("heading", name="The model answers")).to_be_visible()

    page.get_by_role("link", name="Delete this pipeline").click()
    accessible(page)
    stack = f"mlops-pipeline-{name}-byompipelinerealtimebuiltin-codepipeline"
    page.get_by_label("To confirm").fill(stack)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pipelines")
    expect(page.get_by_role("link", name=f"{name}/realtime")).to_have_count(0)


def test_a_model_goes_through_the_accounts_of_all_stages(
    page: Page, staged: str, accessible: Accessible, multi_account: Running, trained_model: TrainedModel
) -> None:
    orchestrator = users.with_artifact(multi_account.deployment)
    orchestrator.store(trained_model)
    scheme = "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"
    name = f"seen-staged-{scheme}"
    assert multi_account.deployment.api.provision(orchestrator.request(name, **SERVED)).is_success
    page.goto(staged)
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=f"{name}/realtime"))
    for stage in ("staging", "prod"):
        page.get_by_role("link", name="Pipelines", exact=True).click()
        expect(row.locator(".state").first).to_have_text("Waiting for approval")
        page.get_by_role("link", name="Approvals", exact=True).click()
        card = page.locator("section").filter(has_text=f"{name}/realtime: deploy to {stage}?")
        accessible(page)
        card.get_by_label("Comment").fill(f"fit for {stage}")
        card.get_by_role("button", name="Approve").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"{name}/realtime")
    expect(page.locator("#now .state").first).to_have_text("Succeeded")
    expect(page.locator("#now")).to_contain_text("fit for prod")


def test_a_run_of_a_monitor_finds_a_drift_and_shows_its_report(
    page: Page, single: str, accessible: Accessible, orchestrator: Orchestrator
) -> None:
    scheme = "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"
    name = f"windy-{scheme}"
    windy.watch(orchestrator, name, f"{name}-live")
    page.goto(single)
    page.get_by_role("link", name="Monitors", exact=True).click()
    page.get_by_role("link", name=f"{name}/data-quality").click()
    page.get_by_role("button", name="Run it now").click()
    violation = page.get_by_role("row").filter(has_text="baseline_drift_check")
    # Without a reload: the page looks again by itself.
    expect(violation).to_contain_text("wind")
    report = page.frame_locator("iframe")
    expect(report.get_by_role("heading", level=1)).to_contain_text(f"Data quality of {name}-live")
    accessible(page)
