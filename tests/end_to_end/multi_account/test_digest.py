# SPDX-License-Identifier: Apache-2.0
"""The digest of the day, turned on and off again: what it tells of pipelines through dev, staging and prod."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from scripts.launch import launch
from scripts.launch.launch import Launching
from tests.end_to_end import digests
from tests.end_to_end.multi_account import in_dev
from tests.end_to_end.open_cases import CASES
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Nobody, Orchestrator

Until = Callable[[Callable[[], Any]], Any]
TIDES: Final = "digest-tides"
LOST: Final = "digest-lost"
CASE: Final = next(case for case in CASES if case.kind == "data_quality")


def launched(orchestrator: Orchestrator, hour: str) -> None:
    """Update the root stack with an hour for the digest."""
    deployment = orchestrator.deployment
    launching = Launching("multi-account", deployment.stack_name, parameters={"DailyDigestHour": hour})
    assert launch.deploy(deployment.aws, launching, Nobody(), agree=lambda _: True).changed


@pytest.fixture
def with_digest(orchestrator: Orchestrator) -> Iterator[Orchestrator]:
    """The orchestrator with a digest, which it has not without."""
    assert digests.made(orchestrator) == {}
    launched(orchestrator, "6")
    assert digests.made(orchestrator).keys() == {digests.RULE}
    yield orchestrator
    launched(orchestrator, "")
    assert digests.made(orchestrator) == {}


def rejected(orchestrator: Orchestrator) -> None:
    """A pipeline that fails, because somebody has rejected it."""
    request = orchestrator.request(LOST, endpoint_name=f"{LOST}-live")
    pipeline_id = orchestrator.provision(request)["pipeline_id"]
    orchestrator.decide(pipeline_id, orchestrator.asked(pipeline_id, "staging"), approve=False, words="recall is low")
    assert orchestrator.ended(pipeline_id).has_failed


def test_a_digest_has_what_failed_what_waits_what_monitors_found_and_costs(
    with_digest: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    deployment = with_digest.deployment
    rejected(with_digest)
    watching = in_dev.watched(with_digest, TIDES, CASE)
    watching.served.send(CASE.sent)
    watching.run()
    subscriber.next(f"The data quality monitor of endpoint {TIDES}-dev found ", until)

    now = datetime.now(UTC)
    yesterday = now - timedelta(days=1)
    costs = {f"mlops-pipeline-{LOST}-byompipelinerealtimebuiltin": "12.144", "": "1.2"}
    digests.spent(with_digest, digests.day_of(yesterday, costs, deployment.stack_name))
    for _ in range(2):
        digests.fire(with_digest, now)
    digest = subscriber.next("The day until ", until)
    assert digest.attributes == {"kind": "digest", "state": "needs attention"}
    flags = f"--region {deployment.aws.region} --stack-name {deployment.stack_name}"
    for told in (
        f"\n  {LOST}/realtime is Failed: DeployDev, DeployStaging: rejected by ",
        ": recall is low\n",
        f"\n      mlops status {LOST}/realtime {flags}\n",
        f"\n  {TIDES}/data-quality waits for staging, since {now:%Y-%m-%d} ",
        f" UTC (0 hours)\n      mlops approve {TIDES}/data-quality staging {flags}\n",
        f"\n  {TIDES}/data-quality in dev: 1 of 1 run found violations. ",
        CASE.named,
        f"\n      mlops monitor list {TIDES}/data-quality {flags}\n",
        "\n\nCost by the tag mlops:pipeline, unblended, of this account, or of the whole organization ",
        f"\n  {LOST}/realtime: 0.00 USD on {now - timedelta(days=2):%Y-%m-%d}, 12.14 USD on {yesterday:%Y-%m-%d} (an ",
        "\n  all together: 0.00 USD on ",
    ):
        assert told in digest.text, (told, digest.text)
    assert deployment.api.details(f"{TIDES}/data-quality").body["model_name"] == TIDES
    (mail,) = digests.mails(with_digest, now)
    assert mail["text"] == digest.text
    assert len(mail["subject"]) < 100
    assert " failed, " in mail["subject"]
