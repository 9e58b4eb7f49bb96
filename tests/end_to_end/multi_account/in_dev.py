# SPDX-License-Identifier: Apache-2.0
"""A monitor on the open engine in the account of dev, which waits for staging: its data stays there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from scripts.launch.local_deployment import STAGE_ACCOUNTS
from tests.end_to_end.berths import Berths
from tests.end_to_end.open_cases import Case, request_of
from tests.end_to_end.users import Orchestrator

DEV: Final = STAGE_ACCOUNTS["dev"]


@dataclass(frozen=True)
class Watched:
    """A served model with its monitor."""

    orchestrator: Orchestrator
    served: Berths
    pipeline_id: str
    schedule: str

    def run(self) -> dict[str, Any]:
        """Have the schedule fire, and give the job; it must have found violations."""
        deployment = self.orchestrator.deployment
        url = f"{deployment.aws.endpoint_url}/_monitoring/{self.schedule}?account={DEV}"
        status, body = deployment.api.client.post(url, b"")
        assert status == 200, body
        job: dict[str, Any] = json.loads(body)
        assert job["ExitMessage"].startswith("CompletedWithViolations: "), job
        return job


def watched(orchestrator: Orchestrator, model: str, case: Case) -> Watched:
    """Serve a model in dev, with everything of it in a bucket of that account, and have it watched."""
    dev, name = orchestrator.in_account("dev"), f"{model}-dev"
    bucket, assets = f"{name}-{DEV}", orchestrator.deployment.outputs["AssetsBucketName"]
    dev.client("s3").create_bucket(Bucket=bucket)
    served = Berths(dev, name, bucket)
    served.serve()
    baseline = served.baseline(case.kind, orchestrator.client("s3"), assets)
    endpoints = {stage: f"{model}-{stage}" for stage in STAGE_ACCOUNTS}
    request = request_of(case, served, bucket, baseline, model_name=model, endpoint_name=endpoints)
    pipeline_id = orchestrator.provision(request)["pipeline_id"]
    # The rule that sends events on may be made after the schedule: an approval is asked for when the stack is there.
    orchestrator.asked(pipeline_id, "staging")
    prefix = f"{name}-{case.kind.replace('_', '')}-"
    (schedule,) = dev.client("scheduler").list_schedules(NamePrefix=prefix)["Schedules"]
    return Watched(orchestrator, served, pipeline_id, schedule["Name"])
