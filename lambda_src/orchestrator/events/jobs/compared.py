# SPDX-License-Identifier: Apache-2.0
"""End of a comparison with the deployed model: read the figures, decide, register the version, tell people.

SageMaker tells of the end of each transform job. Whichever ends last concludes the comparison, once; the models are
deleted. A model that could not be compared becomes a rejected version with the reason: people may still approve it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from aws_lambda_powertools import Logger

from orchestrator.aws import claims
from orchestrator.aws.sagemaker import jobs
from orchestrator.aws.sagemaker.jobs import Job
from orchestrator.errors import ServiceBusyError, ServiceRefusedError
from orchestrator.events.jobs import comparing, comparison, registration, reports, traces, versions
from orchestrator.events.jobs.comparison import SIDES, Comparison, Side
from orchestrator.events.jobs.held_out import UnreadableError
from orchestrator.events.jobs.messages import Ending
from orchestrator.events.jobs.registration import Asked
from orchestrator.events.jobs.versions import Decision
from orchestrator.launch.settings import Settings
from orchestrator.provisioned import registrations
from orchestrator.sagemaker import job_kinds

_COMPLETED: Final = "Completed"

logger = Logger(service="orchestrator", child=True)


def transform_ended(event: dict[str, Any], settings: Settings, owner: str) -> dict[str, Any]:
    """Conclude a comparison when both of its transform jobs have ended; any other event is ignored.

    `owner` is the id of the invocation. Raises `OrchestratorError` when a retry may succeed.
    """
    bucket, detail = settings.launch.pipelines_bucket, event["detail"]
    comparison_id = comparison.id_in(detail["TransformJobName"])
    found = comparing.find(bucket, comparison_id) if comparison_id else None
    scored = _ended_sides(found) if found else {}
    if found is None or not scored:
        logger.info("ignored", extra={"resources": event.get("resources")})
        return {"compared": 0}
    told = claims.once(bucket, comparison.marker(comparison_id), owner, lambda: _conclude(found, scored, settings))
    logger.info("compared", extra={"job": found.job, "deployed": found.deployed, "told": told})
    return {"compared": int(told)}


def _ended_sides(found: Comparison) -> Mapping[Side, Job]:
    """Return the transform jobs; nothing as long as one has not ended."""
    scored = {side: jobs.describe(job_kinds.TRANSFORM, found.name(side)) for side in SIDES}
    return scored if all(job.status in job_kinds.ENDED for job in scored.values()) else {}


def _conclude(found: Comparison, scored: Mapping[Side, Job], settings: Settings) -> None:
    bucket, kind = settings.launch.pipelines_bucket, job_kinds.in_words(found.kind)
    source = replace(found.source, cause=traces.cause_of(bucket, found.stack_name, found.job))
    asked = Asked(jobs.describe(kind, found.job), source, bucket, found.instructions)
    made = registration.conclude(asked, _decision(found, asked, scored))
    registrations.store(bucket, kind, found.job, made.record)
    ending = Ending(asked.job, _COMPLETED, source, made, settings.allow_detailed_error_message)
    reports.publish(ending, settings)
    _clean(found)


def _decision(found: Comparison, asked: Asked, scored: Mapping[Side, Job]) -> Decision:
    for side, job in scored.items():
        if job.status != _COMPLETED:
            return _not_compared(found, f"the transform job of the {side} model {job.status}. {job.failure_reason}")
    try:
        reached = {side: comparing.figures(found, asked.instructions, side) for side in SIDES}
    except ServiceBusyError:
        raise
    except (ServiceRefusedError, UnreadableError) as error:
        return _not_compared(found, f"its predictions cannot be read: {error}")
    return comparison.decision(found, asked.instructions, reached)


def _not_compared(found: Comparison, why: str) -> Decision:
    return versions.rejected(f"It was not compared with {found.version}, which is deployed: {why.rstrip()}")


def _clean(found: Comparison) -> None:
    try:
        comparing.clean(found)
    except ServiceRefusedError as error:
        # Everything is told already; the models cost nothing.
        logger.warning("models left", extra={"comparison": found.id, "detail": error.detail})
