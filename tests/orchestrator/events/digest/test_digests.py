# SPDX-License-Identifier: Apache-2.0
"""The digest of the day: what it tells, how often, and how much."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from botocore.stub import Stubber

from orchestrator.aws import calls, claims
from orchestrator.aws.s3 import objects
from orchestrator.errors import ServiceRefusedError
from orchestrator.plan import layout
from orchestrator.provisioned.runs import records
from orchestrator.provisioned.runs.records import RunRecord
from tests.orchestrator.events.digest.conftest import ACCOUNTS, SEVEN, Morning, Spent, fails, group, waits
from tests.orchestrator.pipelines_there import deployed_name

PAGE: Final = Path(__file__).parents[4] / "docs" / "notifications.md"
FLAGS: Final = "--region eu-west-1 --stack-name mlops"
WORDS: Final = (
    "CompletedWithViolations: Job completed successfully with 2 violations. length: distance 0.31, allowed 0.1; tide: "
    "2 % missing, allowed 0 %."
)
REALTIME: Final = "byompipelinerealtimebuiltin"


def ran(morning: Morning, model: str, hours_ago: int, status: str = "Completed", words: str = "") -> None:
    """Keep a run in the account of dev."""
    made = SEVEN - timedelta(hours=hours_ago)
    name = f"mlops-monitor-0f1e2d3c-{hours_ago}"
    record = RunRecord(id=name, status=status, message=words, stage="dev", account=ACCOUNTS["dev"])
    bucket = morning.settings.launch.pipelines_bucket
    records.store(bucket, deployed_name(model, "byomdataqualitymonitor"), record, int(made.timestamp() * 1000))


def blind(morning: Morning, stack: str, moment: str = "2026-11-29T22:04:11.100+0000") -> None:
    """Leave the markers of missing runs in prod."""
    bucket, folder = morning.settings.launch.pipelines_bucket, f"reported/RunsMissing/{ACCOUNTS['prod']}/{stack}"
    for ending in (moment, "missing"):
        claims.once(bucket, f"{folder}/{ending}", "i", lambda: None)


def in_prod(stack: str) -> str:
    """The name of the stack that a StackSet makes in prod."""
    return f"StackSet-{stack}-prod-0f1e2d3c-01234567-89ab-cdef-0123-456789abcdef"


def test_a_digest_is_the_one_that_the_page_shows(morning: Morning, spent: Spent) -> None:
    morning.realtime("berths")
    morning.realtime("churn", "Failed", fails("account 444455556666: the role may not pull the image."))
    morning.realtime("tides", "InProgress", waits(datetime(2026, 11, 28, 16, 4, tzinfo=UTC)))
    morning.monitor("berths")
    for hours_ago in range(1, 24):
        ran(morning, "berths", hours_ago)
    ran(morning, "berths", 0, "CompletedWithViolations", WORDS)
    ran(morning, "berths", 26, "CompletedWithViolations", "of another day")
    blind(morning, in_prod(deployed_name("berths", "byomdataqualitymonitor")))
    older = [
        group("", "", "811.5"),
        group("mlops", "", "1.204"),
        group("mlops", deployed_name("berths"), "13.248"),
        group("another", deployed_name("others"), "99"),
    ]
    spent(older, [group("mlops", deployed_name("berths"), "12.144"), group("mlops", deployed_name("gone"), "3.1")])
    assert morning.due() == 1
    (message,) = morning.messages
    assert message["Subject"] == "MLOps digest 2026-11-30: 1 failed, 1 approval, 2 monitors"
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes == {"kind": "digest", "state": "needs attention"}
    (shown,) = re.findall(r"^```text\n(The day until .*?)\n```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert message["Message"] == shown


def test_a_quiet_day_is_one_line(morning: Morning, spent: Spent) -> None:
    morning.realtime("berths")
    spent([], [group("mlops", deployed_name("berths"), "12.144"), group("mlops", "", "1")])
    assert morning.due() == 1
    (message,) = morning.messages
    assert message["Subject"] == "MLOps digest 2026-11-30: all quiet"
    assert message["Message"] == (
        "All quiet on 2026-11-30. Of 1 pipeline none failed or is unhealthy, no monitor found anything, and no "
        "approval waits. Cost on 2026-11-29: 13.14 USD (an estimate)."
    )
    assert message["MessageAttributes"]["state"]["StringValue"] == "quiet"


def test_a_day_is_told_once_however_often_its_event_comes(morning: Morning, spent: Spent) -> None:
    spent([], [])
    assert [morning.due(invocation=one) for one in ("i", "i", "another")] == [1, 0, 0]
    assert morning.due("2026-11-30T21:00:00Z", "of another hour") == 0
    assert morning.text.startswith("All quiet on 2026-11-30. There is no pipeline, and no approval waits. ")


def test_another_day_is_another_digest(morning: Morning, cost_explorer: Stubber) -> None:
    for _ in range(2):
        cost_explorer.add_client_error("get_cost_and_usage", "LimitExceededException")
    assert [morning.due(f"2026-11-{day}T07:00:00Z", day) for day in ("29", "30")] == [1, 1]
    assert len(morning.messages) == 2


def test_pipelines_that_cannot_be_read_are_tried_again(
    morning: Morning, spent: Spent, monkeypatch: pytest.MonkeyPatch
) -> None:
    morning.realtime("berths")
    with monkeypatch.context() as patch:
        patch.setattr("orchestrator.aws.codepipeline.codepipelines.state_and_execution", _refused)
        with pytest.raises(ServiceRefusedError):
            morning.due()
    assert morning.messages == []
    spent([], [])
    assert morning.due() == 1


def _refused(*_: Any) -> Any:
    raise ServiceRefusedError("tell the state", "AccessDeniedException", "no")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("AccessDeniedException", "Cost Explorer refused it. The function's role allows it: look at the policies of "),
        ("DataUnavailableException", "Cost Explorer has no data. It is enabled by opening it once in the console of "),
        ("ServiceUnavailableException", "Cost Explorer did not tell it. AWS said: ServiceUnavailableException: "),
    ],
    ids=["denied", "no-data", "unavailable"],
)
def test_costs_that_are_not_told_hold_nothing_up(
    morning: Morning, cost_explorer: Stubber, code: str, words: str
) -> None:
    morning.realtime("churn", "Failed", fails("no image."))
    cost_explorer.add_client_error("get_cost_and_usage", code, "not for you")
    assert morning.due() == 1
    assert "churn/realtime is Failed" in morning.text
    assert f"\n\nCost is not known: {words}" in morning.text
    assert morning.text.endswith(f" AWS said: {code}: not for you")


def test_without_an_endpoint_the_digest_says_so(
    morning: Morning, monkeypatch: pytest.MonkeyPatch, cost_explorer: Stubber
) -> None:
    from botocore.exceptions import EndpointConnectionError  # noqa: PLC0415

    def unreachable(**_: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="https://ce.us-gov-west-1.amazonaws.com/")

    monkeypatch.setattr(calls.client("ce"), "get_cost_and_usage", unreachable)
    assert morning.due() == 1
    assert "Cost is not known: Cost Explorer did not answer. Not every partition has one" in morning.text


def test_costs_without_the_tags_say_what_to_activate(morning: Morning, spent: Spent) -> None:
    spent([group("", "", "811.5")], [group("", "", "640")])
    assert morning.due() == 1
    assert "no cost has the tags mlops:application and mlops:pipeline. Either nothing was spent, or" in morning.text
    assert "811" not in morning.text


def test_a_tag_that_alone_is_active_counts_all_pipelines(morning: Morning, spent: Spent) -> None:
    morning.realtime("churn", "Failed", fails("no image."))
    spent([group("", deployed_name("churn"), "2")], [group("", deployed_name("churn"), "1"), group("", "", "9")])
    assert morning.due() == 1
    assert "  churn/realtime: 2.00 USD on 2026-11-28, 1.00 USD on 2026-11-29 (an estimate)\n" in morning.text


def test_costs_have_pages_of_which_a_few_are_read(morning: Morning, spent: Spent) -> None:
    morning.realtime("churn", "Failed", fails("no image."))
    one = [group("mlops", deployed_name("churn"), "1")]
    for number in range(5):
        spent(one, one, token=f"t{number}", after=f"t{number - 1}" if number else "")
    assert morning.due() == 1
    assert "  churn/realtime: 5.00 USD on 2026-11-28, 5.00 USD" in morning.text
    assert morning.text.endswith("\n  Cost Explorer has more than was read.")


def test_no_words_of_aws_where_the_operator_allows_none(morning: Morning, cost_explorer: Stubber) -> None:
    morning.settings = replace(morning.settings, allow_detailed_error_message=False)
    morning.realtime("churn", "Failed", fails("secret words"))
    morning.monitor("berths")
    ran(morning, "berths", 1, "CompletedWithViolations", WORDS)
    cost_explorer.add_client_error("get_cost_and_usage", "AccessDeniedException", "secret words")
    assert morning.due() == 1
    assert "secret words" not in morning.text
    assert "distance" not in morning.text
    assert "  churn/realtime is Failed: the console and mlops status have the reason.\n" in morning.text
    assert "  berths/data-quality in dev: 1 of 1 run found violations\n" in morning.text


def test_a_monitor_whose_pipeline_is_gone_is_not_told_of(morning: Morning, spent: Spent) -> None:
    blind(morning, in_prod(deployed_name("gone", "byomdataqualitymonitor")))
    spent([], [])
    assert morning.due() == 1
    assert morning.text.startswith("All quiet")


def test_monitors_that_cannot_be_looked_at_are_told_of(
    morning: Morning, spent: Spent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def keys(bucket: str, prefix: str, *_: Any) -> list[str]:
        raise ServiceRefusedError(f"list what is below s3://{bucket}/{prefix}", "AccessDenied", "no")

    monkeypatch.setattr(objects, "keys", keys)
    spent([], [])
    assert morning.due() == 1
    (message,) = morning.messages
    assert message["Subject"] == "MLOps digest 2026-11-30: not all could be looked at"
    assert "The runs of monitors could not be looked at: AWS did not list what is below s3://" in message["Message"]
    assert message["MessageAttributes"]["state"]["StringValue"] == "needs attention"


def test_five_hundred_pipelines_that_all_fail_are_one_message(
    morning: Morning, spent: Spent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name may have 50 characters, a reason any number."""
    summaries = [
        {
            "short_name": f"{'n' * 46}-{number:03d}/realtime",
            "pipeline_stack_name": f"mlops-pipeline-{'n' * 46}-{number:03d}-{REALTIME}-codepipeline",
            "state": ("Failed", "Unhealthy")[number % 2],
            "state_reason": "why\n" * 5000,
            "last_execution": {"started_at": SEVEN - timedelta(minutes=number)},
            "waiting": [{"action": "DeployProd", "since": SEVEN - timedelta(minutes=number)}],
        }
        for number in range(500)
    ]
    monkeypatch.setattr("orchestrator.provisioned.listing.summaries", lambda *_: summaries)
    morning.realtime("one")
    rows = [group("mlops", f"mlops-pipeline-{number:03d}", f"{number}.5") for number in range(500)]
    spent(rows, rows)
    assert morning.due() == 1
    (message,) = morning.messages
    assert message["Subject"] == "MLOps digest 2026-11-30: 250 failed, 250 unhealthy, 500 approvals"
    assert len(message["Message"].encode()) < 64 * 1024
    assert message["Message"].count("\n      mlops status ") == 25
    assert message["Message"].count("\n      mlops approve ") == 25
    assert message["Message"].count("\n  and 475 more\n") == 2
    assert f"\n  {'n' * 46}-000/realtime is Failed: why why" in message["Message"]
    assert f"\n  {'n' * 46}-499/realtime waits for prod, since 2026-11-29 22:41 UTC (8 hours)\n" in message["Message"]
    assert "\n  475 more: 112,812.50 USD" in message["Message"]
    assert "\n  all together: 125,000.00 USD on 2026-11-28" in message["Message"]


def test_the_marker_is_one_that_expires() -> None:
    assert layout.RUNS_MISSING.startswith(layout.REPORTED)
