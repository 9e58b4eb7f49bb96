# SPDX-License-Identifier: Apache-2.0
"""Facts of a decision: first what the pipelines bucket has, which costs little; then what SageMaker and others tell.

Nothing rests on the bucket alone: where a cause is lost, SageMaker's own list of jobs still bounds what is started.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from orchestrator.automation import pauses, preparations, requests, retrainings
from orchestrator.automation.preparations import Preparation
from orchestrator.aws.cloudformation import stacks
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.aws.sagemaker import jobs
from orchestrator.aws.sagemaker.jobs import Job
from orchestrator.errors import ServiceRefusedError
from orchestrator.events.retraining.cases import Case
from orchestrator.events.retraining.decision import WEEK, Begun, Facts
from orchestrator.launch.settings import Settings
from orchestrator.provisioned import pipeline_stacks
from orchestrator.sagemaker import job_kinds

# As the API says it of training jobs, and of the others.
_NO_SUCH_JOB: Final = frozenset({"ResourceNotFound", "ValidationException"})


@dataclass(frozen=True)
class Kept:
    """What the pipelines bucket has for a decision."""

    facts: Facts
    preparations: Mapping[str, Preparation]


@dataclass(frozen=True)
class Looked:
    """What there is for a decision in all."""

    facts: Facts
    request: dict[str, Any] | None
    """The request of the training pipeline; `None` if an earlier release made it."""


def kept(case: Case, settings: Settings) -> Kept:
    """Return the facts that the pipelines bucket has; raises `ServiceRefusedError`, after which a retry may succeed."""
    bucket, training = settings.launch.pipelines_bucket, case.training.common_name
    earliest = _earliest(case)
    causes = retrainings.since(bucket, training, earliest)
    prepared = preparations.since(bucket, training, earliest)
    facts = Facts(
        now=case.now,
        job=case.job,
        saw_until=case.asked.saw_until,
        findings=case.asked.findings,
        limits=case.limits,
        is_enabled=settings.launch.automatic_retraining,
        paused=_paused(case, bucket),
        begun=(
            *(Begun(job, cause.at, "kept") for job, cause in causes.items()),
            *(Begun(one.job, one.cause.at, "preparation") for one in prepared.values()),
        ),
        is_prepared=case.data is not None,
    )
    return Kept(facts, prepared)


def looked(case: Case, settings: Settings) -> Looked:
    """Return all facts; raises `ServiceRefusedError`, after which a retry may succeed."""
    known = kept(case, settings)
    listed = _listed(case, {one.job for one in known.facts.begun if one.is_training})
    request = requests.stored(settings.launch.pipelines_bucket, case.training.common_name)
    # What this run itself has begun and was interrupted in does not stand in its own way.
    is_own = request is not None and request.get("job_name") == case.job
    running = next(_running(case, listed, known.preparations, is_own=is_own), "")
    begun = (*known.facts.begun, *(Begun(job.name, job.created_at, "aws") for job in listed))
    return Looked(replace(known.facts, begun=begun, running=running), request)


def _earliest(case: Case) -> datetime:
    return case.now - max(WEEK, case.limits.cooldown)


def _paused(case: Case, bucket: str) -> str:
    return case.asked.monitor_name if pauses.find(bucket, case.asked.monitor) else ""


def _listed(case: Case, known: set[str]) -> list[Job]:
    """Return the retraining jobs of the pipeline that SageMaker has.

    Names are cut to fit, so another model's may begin alike: a job without a kept cause is told by its tags.
    """
    beginning = f"{case.job.rpartition('-')[0]}-"
    found = jobs.created_since(case.training.kind, beginning, _earliest(case))
    named = (job for job in found if job.name.startswith(beginning) and retrainings.is_retraining(job.name))
    return [job for job in named if job.name in known or _is_of(case, job)]


def _is_of(case: Case, job: Job) -> bool:
    return jobs.tags(job).get("stack_name") == case.training.common_name


def _running(case: Case, listed: list[Job], prepared: Mapping[str, Preparation], *, is_own: bool) -> Iterator[str]:
    """Yield what goes on in the training pipeline, in sentences."""
    training, others = case.training, [job for job in listed if job.name != case.job]
    yield from (_words(job) for job in others if job.status not in job_kinds.ENDED)
    if not is_own:
        if training.stack.is_changing:
            yield f"CloudFormation is working on {training.pipeline.short_name}."
        yield from _in_pipeline(case)
        yield from _deployed(case)
    # The newest is enough: nobody begins another while one goes on.
    waiting = {name: one for name, one in prepared.items() if one.job != case.job}
    if waiting:
        name = max(waiting, key=lambda one: waiting[one].cause.at)
        yield from _unless_ended(job_kinds.PROCESSING, name)


def _in_pipeline(case: Case) -> Iterator[str]:
    name = pipeline_stacks.pipeline_name(case.training.stack)
    newest = codepipelines.newest_execution(name) if name else None
    if newest is not None and newest.status in ("InProgress", "Stopping"):
        yield f"{case.training.pipeline.short_name} is being deployed."


def _deployed(case: Case) -> Iterator[str]:
    """Yield the job that the pipeline has started last, by whomever it was asked for."""
    deployed = stacks.find(case.training.pipeline.deployed_stack) if case.training.pipeline.deployed_stack else None
    name = deployed.outputs.get(case.training.kind.output) if deployed is not None else None
    if name:
        yield from _unless_ended(case.training.kind, name.rsplit("/", 1)[-1])


def _unless_ended(kind: job_kinds.JobKind, name: str) -> Iterator[str]:
    try:
        job = jobs.describe(kind, name)
    except ServiceRefusedError as error:
        if error.code in _NO_SUCH_JOB:
            return
        raise
    if job.status not in job_kinds.ENDED:
        yield _words(job)


def _words(job: Job) -> str:
    return f"The {job.kind.words} {job.name} is {job.status}."
