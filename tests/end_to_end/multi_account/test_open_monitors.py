# SPDX-License-Identifier: Apache-2.0
"""A monitor on the open engine in the account of dev: its data stays there, what it finds reaches the topic."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.end_to_end.multi_account import in_dev
from tests.end_to_end.multi_account.in_dev import DEV
from tests.end_to_end.open_cases import CASES, Case
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]


@pytest.mark.sampled(1)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_the_open_engine_finds_in_dev_reaches_people(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until, case: Case
) -> None:
    model = f"berths-{case.kind.replace('_', '-')}"
    watching = in_dev.watched(orchestrator, model, case)
    served, pipeline_id, schedule = watching.served, watching.pipeline_id, watching.schedule

    served.send(case.sent)
    served.label(case.labelled)
    job = watching.run()
    message = subscriber.next_about("monitor of endpoint", until, f"Account: {DEV}", schedule)
    assert job["ProcessingJobName"] in message
    assert case.named in message

    api = orchestrator.deployment.api
    _, body = api.client.send("GET", f"{api.url}/pipelines/{quote(pipeline_id, safe='')}/runs")
    (run,) = json.loads(body)["runs"]
    assert run["id"] == job["ProcessingJobName"]
    listed = orchestrator.in_account("dev").client("s3")
    found = listed.list_objects_v2(Bucket=served.bucket, Prefix=f"reports/{served.name}/{schedule}/")["Contents"]
    assert {one["Key"].rpartition("/")[2] for one in found} >= {"report.html", "run.json"}

    # Whoever decides on the same model for staging sees it.
    decided = orchestrator.provision(orchestrator.request(model))["pipeline_id"]
    orchestrator.asked(decided, "staging")
    (waiting,) = api.details(decided).body["changes"]
    (figures,) = waiting["monitors"]
    assert (waiting["problem"], figures["pipeline_id"]) == ("", pipeline_id)
    (newest,) = figures["runs"]
    assert (newest["stage"], newest["account"], newest["status"]) == ("dev", DEV, "CompletedWithViolations")
