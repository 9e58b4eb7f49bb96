# SPDX-License-Identifier: Apache-2.0
"""What models answered, as people see it: variants side by side, and what a smoke test has found."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import pytest
from botocore.exceptions import ClientError
from playwright.sync_api import Page, expect

from scripts.console import looks
from scripts.launch.local_deployment import STAGE_ACCOUNTS
from tests.end_to_end import users
from tests.end_to_end.users import ARTIFACT_KEY, SERVED
from tests.end_to_end.waiting import minute_told, until

if TYPE_CHECKING:
    from scripts.demo.demo_model import TrainedModel
    from tests.end_to_end.running import Running
    from tests.end_to_end.users import Orchestrator

Accessible = Callable[[Page], None]
ENDPOINT: Final = "seen-side-by-side"
CALLS: Final = 40
ANSWERED: Final = ("AllTraffic", "challenger")
Details = dict[str, Any]


def smoke_test(model: TrainedModel) -> dict[str, Any]:
    row = ",".join(map(str, model.holdout_rows[0]))
    return {"payload": row, "content_type": "text/csv", "expression": "@ <= `1`", "calls": 3}


@pytest.fixture(scope="module")
def compared(orchestrator: Orchestrator, model: TrainedModel) -> Details:
    """A pipeline with two variants and a shadow that were called, and what the API tells of it."""
    request = orchestrator.request(
        "seen-compared",
        endpoint_name=ENDPOINT,
        variants=[{"name": "challenger", "model_artifact_location": ARTIFACT_KEY, "weight": 3}],
        smoke_test=smoke_test(model),
        **SERVED,
    )
    pipeline_id = orchestrator.provisioned(request)
    orchestrator.answering(ENDPOINT, model.holdout_rows[0], CALLS)
    wrong = {"EndpointName": ENDPOINT, "ContentType": "text/csv", "Body": "not a row", "TargetVariant": "challenger"}
    with pytest.raises(ClientError):
        orchestrator.client("sagemaker-runtime").invoke_endpoint(**wrong)
    minute_told()

    def told() -> Details | None:
        details: Details = orchestrator.deployment.api.details(pipeline_id).body
        return details if details["smoke_tests"] else None

    return until(told)


def cells(page: Page, region: str) -> list[list[str]]:
    """The rows of a table below its head."""
    rows = page.get_by_role("region", name=region, exact=True).locator("tbody tr").all()
    return [row.locator("th, td").all_inner_texts() for row in rows]


def test_variants_and_smoke_test_stand_in_the_page_of_a_pipeline(
    page: Page, single: str, accessible: Accessible, compared: Details, orchestrator: Orchestrator
) -> None:
    page.goto(single)
    page.get_by_role("link", name="seen-compared/realtime").click()
    expect(page.get_by_role("region", name="Variants")).to_be_visible()
    variants = compared["endpoint"]["variants"]
    figures = {one["name"]: one["last_hour"] for one in variants}
    assert sum(one["calls"] for one in figures.values()) >= CALLS
    assert figures["challenger"]["errors_4xx"] + figures["challenger"]["errors_5xx"] == 1
    assert cells(page, "Variants") == [
        [
            name,
            share,
            "1",
            str(figures[name]["calls"]),
            f"{figures[name]['errors_4xx']}, {figures[name]['errors_5xx']}",
            f"{looks.milliseconds(figures[name]['latency_p50_ms'])}, "
            f"{looks.milliseconds(figures[name]['latency_p95_ms'])} ms",
        ]
        for name, share in zip(ANSWERED, ("25%", "75%"), strict=True)
    ]
    (found,) = compared["smoke_tests"]
    assert cells(page, "Smoke tests") == [_row(found, str(found["account"]))]
    accessible(page)


@pytest.fixture(scope="module")
def asked(multi_account: Running, trained_model: TrainedModel) -> Details:
    """A pipeline that waits for the decision on staging, and what the API tells of it."""
    orchestrator = users.with_artifact(multi_account.deployment)
    orchestrator.store(trained_model)
    request = orchestrator.request("seen-tested", smoke_test=smoke_test(trained_model), **SERVED)
    pipeline_id = orchestrator.provision(request)["pipeline_id"]
    orchestrator.asked(pipeline_id, "staging")
    details: Details = orchestrator.deployment.api.details(pipeline_id).body
    return details


def test_the_smoke_test_of_the_stage_before_stands_in_the_approval(
    page: Page, staged: str, accessible: Accessible, asked: Details
) -> None:
    (found,) = asked["smoke_tests"]
    expected = [_row(found, f"dev, {STAGE_ACCOUNTS['dev']}")]
    page.goto(staged)
    page.get_by_role("link", name="Approvals", exact=True).click()
    card = page.locator("section").filter(has_text="seen-tested/realtime: deploy to staging?")
    expect(card.get_by_role("heading", name="Smoke tests before staging")).to_be_visible()
    assert cells(page, "Smoke tests before staging") == expected
    accessible(page)
    page.get_by_role("link", name="Pipelines", exact=True).click()
    page.get_by_role("link", name="seen-tested/realtime").click()
    expect(page.get_by_role("heading", name="Smoke tests")).to_be_visible()
    assert cells(page, "Smoke tests") == expected
    accessible(page)


def _row(found: dict[str, Any], where: str) -> list[str]:
    """What stands in the row of an account whose model answered three calls as wanted."""
    times = f"{found['p50_ms']}, {found['p95_ms']}, {found['max_ms']} ms"
    when = f"{found['at'][:10]} {found['at'][11:16]}"
    return [where, when, "3", "0", times]
