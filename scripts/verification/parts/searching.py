# SPDX-License-Identifier: Apache-2.0
"""With `autopilot`: one Autopilot job under the role as the blueprint makes it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from scripts.verification import waiting
from scripts.verification.part import Cost, Finding, Part, executions
from scripts.verification.parts import data, pipelines
from scripts.verification.scene import PartFailedError, Scene

_AUTOPILOT: Final = "model_autopilot_training"
_ROWS: Final = 500
"""Autopilot wants 500 at least."""
_MINUTES: Final = 120
_TRAIL_MINUTES: Final = 20
_ENDED: Final = ("Completed", "Failed", "Stopped")


def _autopilot(scene: Scene) -> Iterator[Finding]:
    began = datetime.now(UTC)
    rows = (*data.learned(), *data.held_out())[:_ROWS]
    data.stored(scene, "verify/autopilot.csv", data.as_csv([data.header(), *rows]))
    pipeline_id = pipelines.provisioned(
        scene,
        {
            "pipeline_type": _AUTOPILOT,
            "model_name": scene.name,
            "training_data": "verify/autopilot.csv",
            "job_output_location": "verify/autopilot",
            "target_attribute": data.LABEL,
            "problem_type": "BinaryClassification",
            "job_objective": "AUC",
            "job_max_candidates": 1,
            "total_max_runtime": 5400,
            "max_runtime_per_job": 1800,
        },
    )

    def ended() -> dict[str, Any] | None:
        job: dict[str, Any] = pipelines.asked(lambda: scene.api().details(pipeline_id))["job"] or {}
        return job if job.get("status") in _ENDED else None

    job = waiting.until(scene, "the Autopilot job", _MINUTES, ended)
    refused = [] if scene.aws.is_local else list(_refused(scene, pipelines.deployed(scene, _AUTOPILOT), began))
    seen = f"the job is {job['status']} {job.get('failure_reason') or ''}".strip()
    if refused:
        seen += f"; refused: {', '.join(sorted({*refused}))}"
    yield Finding("autopilot-role", seen, job["status"] == "Completed" and not refused)
    if job["status"] != "Completed":
        raise PartFailedError(seen)


def _refused(scene: Scene, stack: str, began: datetime) -> Iterator[str]:
    """Yield the operations of the stack's role that were denied, which CloudTrail lists within 15 minutes."""
    trail = scene.aws.client("cloudtrail")
    role = scene.aws.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    names = [one["PhysicalResourceId"] for one in role if one["ResourceType"] == "AWS::IAM::Role"]
    until = began + timedelta(minutes=_MINUTES + _TRAIL_MINUTES)
    try:
        pages = trail.get_paginator("lookup_events").paginate(
            LookupAttributes=[{"AttributeKey": "EventSource", "AttributeValue": "sagemaker.amazonaws.com"}],
            StartTime=began,
            EndTime=until,
        )
        for page in pages:
            for event in page["Events"]:
                told = event.get("CloudTrailEvent", "")
                if "AccessDenied" in told and any(name in told for name in names):
                    yield str(event["EventName"])
    except ClientError as error:
        scene.say(f"  CloudTrail cannot be asked for refusals: {error}")


PARTS: Final = (
    Part(
        "autopilot",
        "experiment: an Autopilot job of 500 rows and one candidate, under the role as generated",
        minutes=60,
        costs=(Cost("ml.m5.4xlarge, hours; Autopilot chooses", 1.5, 0.922), executions(1)),
        run=_autopilot,
        needs=("launch",),
        extra="autopilot",
    ),
)
