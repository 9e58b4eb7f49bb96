# SPDX-License-Identifier: Apache-2.0
"""The digest of the day of a launch in one account: this account's monitors, and costs that nobody knows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests import making
from tests.end_to_end import digests
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.test_monitor_runs import HOUR, Runs, lines, request_of
from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]
NAME: Final = "digest-live"
LOST: Final = "digest-lost"


def test_a_digest_has_what_runs_of_this_account_found(
    orchestrator: Orchestrator, with_options: Orchestrator, until: Until
) -> None:
    """Another orchestrator of the account has made the pipelines: the digest tells of those that the list tells of."""
    making.endpoint(f"{LOST}-live", orchestrator.client)
    request = orchestrator.request(LOST, endpoint_name=f"{LOST}-live")
    assert orchestrator.ended(orchestrator.provision(request)["pipeline_id"]).has_failed

    orchestrator.provisioned(request_of(orchestrator, NAME))
    key = f"captured/{NAME}/AllTraffic/{HOUR:%Y/%m/%d/%H}/0.jsonl"
    bucket = orchestrator.deployment.outputs["AssetsBucketName"]
    orchestrator.client("s3").put_object(Bucket=bucket, Key=key, Body=lines(HOUR, 50))
    runs = Runs(orchestrator, f"{NAME}/data-quality-monitor")
    for _ in range(2):
        run_id = runs.start(HOUR, HOUR + timedelta(minutes=1)).body["run"]["id"]
        assert runs.ended(run_id, until)["status"] == "CompletedWithViolations"

    now = datetime.now(UTC)
    heard = Subscriber(with_options, kind="digest")
    digests.fire(with_options, now)
    digest = heard.next("The day until ", until)
    heard.unsubscribe()
    flags = f"--region {with_options.deployment.aws.region} --stack-name {with_options.deployment.stack_name}"
    for told in (
        f"\n  {LOST}/realtime is Failed: DeployPipeline, deploy_stack: ",
        f"\n  {NAME}/data-quality is Unhealthy: The monitor's run for ",
        f"\n  {NAME}/data-quality: 2 of 2 runs found violations. length: baseline_drift_check",
        f"\n      mlops monitor list {NAME}/data-quality {flags}\n",
        "\n\nCost is not known: no cost has the tags mlops:application and mlops:pipeline. Either nothing was ",
    ):
        assert told in digest.text, (told, digest.text)
    (mail,) = digests.mails(with_options, now)
    assert mail["text"] == digest.text


def test_without_an_hour_there_is_nothing_for_a_digest(orchestrator: Orchestrator) -> None:
    assert digests.made(orchestrator) == {}
