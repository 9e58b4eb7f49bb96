# SPDX-License-Identifier: Apache-2.0
"""What people do at the console, with a keyboard and a mouse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.end_to_end import adding, users, windy
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


def scheme_of(page: Page) -> str:
    return "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"


def fill_in(page: Page, typed: dict[str, str]) -> None:
    for key, text in typed.items():
        page.locator(f"#{key}").fill(text)


def delete(page: Page, stack: str, accessible: Accessible) -> None:
    """Delete the pipeline that the page shows: what goes and what stays is said, and a slip deletes nothing."""
    page.get_by_role("link", name="Delete this pipeline").click()
    expect(page.get_by_role("heading", name="What goes")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text=f"{stack}, the stack of the pipeline")).to_be_visible()
    expect(page.get_by_role("heading", name="What stays")).to_be_visible()
    accessible(page)
    page.get_by_label("To confirm").fill("another")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("alert")).to_have_text("Type the name of the pipeline to delete it.")
    page.get_by_label("To confirm").fill(stack)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pipelines")


def test_a_pipeline_from_a_form_with_a_mistake_to_its_deletion(
    page: Page, single: str, accessible: Accessible, orchestrator: Orchestrator, model: TrainedModel
) -> None:
    scheme = scheme_of(page)
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
    fill_in(page, typed)
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

    delete(page, f"mlops-pipeline-{name}-byompipelinerealtimebuiltin-codepipeline", accessible)
    expect(page.get_by_role("link", name=f"{name}/realtime")).to_have_count(0)


def test_a_model_goes_through_the_accounts_of_all_stages(
    page: Page, staged: str, accessible: Accessible, multi_account: Running, trained_model: TrainedModel
) -> None:
    """From a form with a mistake over two decisions to a change, which is decided on by what it changes."""
    users.with_artifact(multi_account.deployment).store(trained_model)
    name = f"seen-staged-{scheme_of(page)}"
    instances = {"dev": "ml.m5.large", "staging": "ml.m5.large", "prod": "ml.m5.large"}
    bucket = f"{name}-captured"
    multi_account.client("s3").create_bucket(Bucket=bucket)
    page.goto(staged)
    page.get_by_role("link", name="New", exact=True).click()
    page.get_by_role("link", name="byom_realtime_builtin").click()
    wrong = {
        "model_name": name,
        "model_artifact_location": ARTIFACT_KEY,
        "inference_instance": json.dumps({**instances, "prod": "ml.m5.huge"}),
        "data_capture_location": bucket,
        **SERVED,
    }
    fill_in(page, wrong)
    page.get_by_role("button", name="Plan").click()
    expect(page.locator("#inference_instance-wrong")).to_contain_text("prod: ")
    accessible(page)
    page.locator("#inference_instance").fill(json.dumps(instances))
    page.get_by_role("button", name="Plan").click()
    page.get_by_role("button", name="Provision").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{name}/realtime")
    for stage in ("staging", "prod"):
        card = approval(page, name, stage)
        expect(card).to_contain_text(f"New: {stage} has nothing of this pipeline yet.")
        expect(card).to_contain_text(f"/{ARTIFACT_KEY}, written ")
        accessible(page)
        card.get_by_label("Comment").fill(f"fit for {stage}")
        card.get_by_role("button", name="Approve").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"{name}/realtime")
    expect(page.locator("#now .state").first).to_have_text("Succeeded")
    expect(page.locator("#now")).to_contain_text("fit for prod")

    page.reload()
    page.get_by_role("link", name="Send a changed one").click()
    expect(page.locator("#model_name")).to_have_value(name)
    page.locator("#inference_instance").fill(json.dumps({**instances, "staging": "ml.m5.xlarge"}))
    page.get_by_role("button", name="Plan").click()
    page.get_by_role("button", name="Provision").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{name}/realtime")
    card = approval(page, name, "staging")
    changed = card.get_by_role("region", name="Parameters for staging").get_by_role("row").nth(1)
    expect(changed).to_contain_text("InferenceInstance")
    expect(changed).to_contain_text("ml.m5.xlarge")
    accessible(page)
    card.get_by_label("Comment").fill("too dear")
    card.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{name}/realtime")
    page.reload()
    expect(page.get_by_role("row").filter(has_text="DeployDev, DeployStaging: rejected by")).to_contain_text("too dear")
    accessible(page)
    delete(page, f"mlops-pipeline-{name}-byompipelinerealtimebuiltin-codepipeline", accessible)


def approval(page: Page, name: str, stage: str) -> Locator:
    """Return the card of an approval, once it waits."""
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=f"{name}/realtime"))
    page.get_by_role("link", name="Pipelines", exact=True).click()
    page.get_by_label("Search").fill(name)
    page.get_by_role("button", name="Show").click()
    expect(row.locator(".state").first).to_have_text("Waiting for approval")
    page.get_by_role("link", name="Approvals", exact=True).click()
    return page.locator("section").filter(has_text=f"{name}/realtime: deploy to {stage}?")


def test_a_type_of_one_s_own_has_a_form_that_finds_mistakes(
    page: Page, single: str, accessible: Accessible, orchestrator: Orchestrator, tmp_path: Path
) -> None:
    adding.add(orchestrator, tmp_path / "work-log")
    team = f"seen-{scheme_of(page)}"
    page.goto(single)
    page.get_by_role("link", name="New", exact=True).click()
    page.get_by_role("link", name="work_log").click()
    fill_in(page, {"team": "No Team", "keep_days": "2"})
    page.get_by_role("button", name="Plan").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was created: 2 to put right.")
    for key in ("team", "keep_days"):
        expect(page.locator(f"#{key}")).to_have_attribute("aria-invalid", "true")
        expect(page.locator(f"#{key}-wrong")).not_to_be_empty()
    accessible(page)
    fill_in(page, {"team": team, "keep_days": "3"})
    page.get_by_role("button", name="Plan").click()
    expect(page.get_by_role("heading", name="The plan")).to_be_visible()
    page.get_by_role("button", name="Provision").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(team)
    expect(page.locator("#now .state").first).to_have_text("Succeeded")
    delete(page, f"mlops-pipeline-{team}-work-log-codepipeline", accessible)


def test_a_run_of_a_monitor_finds_a_drift_and_shows_its_report(
    page: Page, single: str, accessible: Accessible, orchestrator: Orchestrator
) -> None:
    scheme = scheme_of(page)
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
