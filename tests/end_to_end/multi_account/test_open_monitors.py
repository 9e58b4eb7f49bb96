# SPDX-License-Identifier: Apache-2.0
"""A monitor on the open engine in the account of dev: its data stays there, what it finds reaches the topic."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from scripts.launch.local_deployment import STAGE_ACCOUNTS
from tests.end_to_end.berths import Berths
from tests.end_to_end.open_cases import CASES, Case
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]
DEV = STAGE_ACCOUNTS["dev"]


@pytest.mark.sampled(1)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_the_open_engine_finds_in_dev_reaches_people(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until, case: Case
) -> None:
    model = f"berths-{case.kind.replace('_', '-')}"
    dev, name = orchestrator.in_account("dev"), f"{model}-dev"
    bucket, assets = f"{name}-{DEV}", orchestrator.deployment.outputs["AssetsBucketName"]
    dev.client("s3").create_bucket(Bucket=bucket)
    served = Berths(dev, name, bucket)
    served.serve()
    pipeline_id = orchestrator.provision(
        {
            "pipeline_type": f"byom_{case.kind}_monitor",
            "model_name": model,
            "endpoint_name": {stage: f"{model}-{stage}" for stage in STAGE_ACCOUNTS},
            "baseline_data": served.baseline(case.kind, orchestrator.client("s3"), assets),
            "baseline_job_output_location": f"{bucket}/baselines",
            "data_capture_location": served.captured,
            "monitoring_output_location": f"{bucket}/reports",
            "schedule_expression": "rate(1 hour)",
            "monitor_max_runtime_seconds": 600,
            "instance_type": "ml.m5.large",
            "instance_volume_size": 20,
            **case.keys,
            **({"monitor_ground_truth_input": served.truth} if case.needs_truth else {}),
        }
    )["pipeline_id"]
    # The rule that sends events on may be made after the schedule: an approval is asked for when the stack is there.
    orchestrator.asked(pipeline_id, "staging")
    prefix = f"{name}-{case.kind.replace('_', '')}-"
    (schedule,) = dev.client("scheduler").list_schedules(NamePrefix=prefix)["Schedules"]

    served.send(case.sent)
    served.label(case.labelled)
    api = orchestrator.deployment.api
    url = f"{orchestrator.deployment.aws.endpoint_url}/_monitoring/{schedule['Name']}?account={DEV}"
    status, body = api.client.post(url, b"")
    assert status == 200, body
    job = json.loads(body)
    assert job["ExitMessage"].startswith("CompletedWithViolations: "), job
    message = subscriber.next_about("monitor of endpoint", until, f"Account: {DEV}", schedule["Name"])
    assert job["ProcessingJobName"] in message
    assert case.named in message

    _, body = api.client.send("GET", f"{api.url}/pipelines/{quote(pipeline_id, safe='')}/runs")
    (run,) = json.loads(body)["runs"]
    assert run["id"] == job["ProcessingJobName"]
    found = dev.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"reports/{name}/{schedule['Name']}/")["Contents"]
    assert {one["Key"].rpartition("/")[2] for one in found} >= {"report.html", "run.json"}

    # Whoever decides on the same model for staging sees it.
    decided = orchestrator.provision(orchestrator.request(model))["pipeline_id"]
    orchestrator.asked(decided, "staging")
    (waiting,) = api.details(decided).body["changes"]
    (figures,) = waiting["monitors"]
    assert (waiting["problem"], figures["pipeline_id"]) == ("", pipeline_id)
    (newest,) = figures["runs"]
    assert (newest["stage"], newest["account"], newest["status"]) == ("dev", DEV, "CompletedWithViolations")
