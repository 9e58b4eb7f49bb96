# SPDX-License-Identifier: Apache-2.0
"""A message at the end of each job that a pipeline started, and the registration of its model.

SageMaker sends events for training and tuning jobs. Tags identify a pipeline's job; the jobs that it starts inherit
them but are of another kind (lesson 79). There are no events for Autopilot jobs (lesson 80): a check every few minutes
lists those that have ended. Either way, the steps are:

1. claim the marker of the end (`aws/claims.py`): SageMaker may send an event several times, EventBridge delivers at
   least once, and two checks see each job;
2. describe the job, register its model if it completed and the request asks for it, and record what became of that.
   All of it can be repeated;
3. publish the message, then mark the end as reported.

A failure before the message releases the marker and is raised. Lambda's next attempt, or a resend from the dead-letter
queue, starts again and reuses a version that was created already. A permanent refusal by AWS becomes part of the
message. The message is sent twice only if the function stops between message and marker.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from aws_lambda_powertools import Logger

from orchestrator import metrics
from orchestrator.aws import claims, notifications
from orchestrator.aws.sagemaker import jobs
from orchestrator.aws.sagemaker.jobs import Job
from orchestrator.errors import OrchestratorError
from orchestrator.events.event_tags import tags_of
from orchestrator.events.jobs import registration, traces
from orchestrator.events.jobs.messages import Ending
from orchestrator.events.jobs.registration import Asked, Compared, Result
from orchestrator.events.jobs.versions import Source
from orchestrator.launch.settings import Settings
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.built_in.training.job_types import kind_by_tags, kinds_by_type
from orchestrator.plan import layout
from orchestrator.provisioned import registrations
from orchestrator.sagemaker.job_kinds import ENDED, JobKind

_COMPLETED: Final = "Completed"
# A listing may lag behind, so the newest minutes are left to the next check. Two checks see each job, so that a late or
# missing check loses none.
_SETTLED_AFTER: Final = timedelta(minutes=5)
_LOOKED_BACK: Final = timedelta(minutes=15)

logger = Logger(service="orchestrator", child=True)


@dataclass(frozen=True)
class _Ended:
    """A pipeline's job that has ended, with its tags."""

    kind: JobKind
    name: str
    status: str
    tags: Mapping[str, str]

    @property
    def marker(self) -> str:
        """Key of the marker in the pipelines bucket."""
        return layout.reported_job(self.kind.noun, self.name, self.status)


def job_changed(event: dict[str, Any], settings: Settings, owner: str) -> dict[str, Any]:
    """Report a job that has ended, from SageMaker's event; any other event is ignored.

    `owner` is the id of the invocation. Raises `OrchestratorError` when a retry may succeed.
    """
    ended = _ended(event["detail-type"], event["detail"])
    if ended is None:
        logger.info("ignored", extra={"resources": event.get("resources")})
        return {"reported": 0}
    return {"reported": int(_report(ended, settings, owner))}


def check(event: dict[str, Any], settings: Settings, owner: str) -> dict[str, Any]:
    """Report jobs of kinds without events that ended lately, as of the time of EventBridge's scheduled event.

    Raises the first `OrchestratorError` after reporting the other jobs.
    """
    reported = 0
    errors: list[OrchestratorError] = []
    for ended in _ended_lately(datetime.fromisoformat(event["time"])):
        try:
            reported += _report(ended, settings, owner)
        except OrchestratorError as error:
            logger.warning("failed", extra={"job": ended.name, "error": str(error)}, exc_info=True)
            errors.append(error)
    if errors:
        raise errors[0]
    return {"reported": reported}


def _ended(detail_type: str, detail: Mapping[str, Any]) -> _Ended | None:
    tags = tags_of(detail)
    kind = kind_by_tags(BUILT_IN, tags)
    if kind is None or kind.event != detail_type or detail[f"{kind.noun}Status"] not in ENDED:
        return None
    return _Ended(kind, detail[f"{kind.noun}Name"], detail[f"{kind.noun}Status"], tags)


def _ended_lately(now: datetime) -> Iterator[_Ended]:
    earliest, latest = now - _LOOKED_BACK, now - _SETTLED_AFTER
    for kind in {kind for kind in kinds_by_type(BUILT_IN).values() if kind.event is None}:
        for job in jobs.changed_since(kind, earliest):
            if job.status not in ENDED or not earliest <= job.ended_at < latest:
                continue
            tags = jobs.tags(job)
            if kind_by_tags(BUILT_IN, tags) is kind:
                yield _Ended(kind, job.name, job.status, tags)


def _report(ended: _Ended, settings: Settings, owner: str) -> bool:
    bucket = settings.launch.pipelines_bucket
    told = claims.once(bucket, ended.marker, owner, lambda: _tell(ended, settings))
    logger.info("job ended", extra={"job": ended.name, "status": ended.status, "told": told})
    return told


def _tell(ended: _Ended, settings: Settings) -> None:
    bucket, job = settings.launch.pipelines_bucket, jobs.describe(ended.kind, ended.name)
    source = _source(ended, job, bucket)
    registered = _registration(job, source, ended, bucket)
    if registered is not None:
        # Before the message: whoever gets it finds the same when he asks.
        registrations.store(bucket, ended.kind, ended.name, registered.record)
    ending = Ending(job, ended.status, source, registered, settings.allow_detailed_error_message)
    publish(ending, settings)
    metrics.count(metrics.JOBS_ENDED, pipeline_type=source.pipeline_type, outcome=ending.outcome)


def publish(ending: Ending, settings: Settings) -> None:
    """Record the end of a retraining with its pipelines, tell people, and count what they are told."""
    source = ending.source
    if source.cause and not isinstance(ending.registration, Compared):
        step = traces.ended(source.cause, ending.job.ended_at, ending.state, ending.job.name)
        traces.record(settings.launch.pipelines_bucket, source.stack_name, source.cause, step)
    notifications.publish(settings.notifications_topic_arn, ending.message)
    metrics.count(metrics.STATES_TOLD, state=ending.state.name)


def _source(ended: _Ended, job: Job, bucket: str) -> Source:
    stack = ended.tags.get("stack_name", "")
    return Source(
        job.arn,
        ended.tags.get("model_name", ""),
        stack,
        ended.tags.get("pipeline_type", ""),
        traces.cause_of(bucket, stack, ended.name),
    )


def _registration(job: Job, source: Source, ended: _Ended, bucket: str) -> Result | None:
    key = ended.tags.get("registration", "")
    if not key or ended.status != _COMPLETED:
        return None
    return registration.register(Asked(job, source, bucket, key))
