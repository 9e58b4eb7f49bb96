# SPDX-License-Identifier: Apache-2.0
"""Registration of a completed job's model: read the instructions, find the model, create the version.

Each step can be repeated. A refusal by AWS is a result that the message reports. Transient errors (a throttled or
failing service, another change of the same group at the same time) are raised, so that Lambda retries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from aws_lambda_powertools import Logger

from orchestrator.aws.cloudformation import stacks
from orchestrator.aws.s3 import objects
from orchestrator.aws.sagemaker import jobs, model_packages
from orchestrator.aws.sagemaker.jobs import Job
from orchestrator.errors import ServiceBusyError, ServiceRefusedError
from orchestrator.events.jobs import outcomes, traces, versions
from orchestrator.events.jobs.outcomes import Outcome
from orchestrator.events.jobs.versions import Decision, Source
from orchestrator.pipeline_types.base import STACK_PREFIX
from orchestrator.plan import layout
from orchestrator.plan.plan import PlannedObject
from orchestrator.provisioned import registrations
from orchestrator.provisioned.registrations import Registration
from orchestrator.sagemaker import job_kinds
from orchestrator.sagemaker.job_kinds import JobKind
from orchestrator.sagemaker.registration import Instructions

_FORGED: Final = (
    "Its tags name a pipeline that did not start it: it works under another role than that pipeline's jobs, or carries "
    "the instructions of another pipeline."
)
# For example, two versions registered in one group at the same time.
_TRANSIENT_CODES: Final = frozenset({"ConflictException"})

logger = Logger(service="orchestrator", child=True)


@dataclass(frozen=True)
class Registered:
    """A model package version that was created."""

    package_arn: str
    decision: Decision
    metrics: Mapping[str, float]

    @property
    def record(self) -> Registration:
        """The result as the pipeline's state has it: a version that its gate rejects is not what was asked for."""
        reason = self.decision.reason
        status: Literal["Registered", "Rejected"] = "Rejected" if reason else "Registered"
        metrics = dict(self.metrics)
        return Registration(status=status, model_package_arn=self.package_arn, metrics=metrics, reason=reason)


@dataclass(frozen=True)
class NotRegistered:
    """The reason for a missing version; `detail` is AWS's error message."""

    reason: str
    detail: str = ""

    @property
    def record(self) -> Registration:
        """The result as the pipeline's state has it."""
        return Registration(status="Failed", reason=self.reason, detail=self.detail)


def register(job: Job, source: Source, bucket: str, key: str) -> Registered | NotRegistered:
    """Register the model of a completed job by the instructions stored in `bucket` under `key`.

    Raises `ServiceRefusedError` when a retry may succeed.
    """
    try:
        if not _is_of_its_pipeline(job, source, key):
            return NotRegistered(_FORGED)
        return _registered(job, source, bucket, key)
    except ServiceBusyError:
        raise
    except ServiceRefusedError as refused:
        if refused.code in _TRANSIENT_CODES:
            raise
        return NotRegistered(f"AWS did not {refused.doing}.", refused.detail)


def _is_of_its_pipeline(job: Job, source: Source, key: str) -> bool:
    """True if the job has a role of the pipeline that its tags name, and carries that pipeline's instructions.

    Anybody who may start jobs may tag them, but only the pipeline passes its role. A job may outlive its stack: then
    only the role's prefix can be checked.
    """
    stack = source.stack_name
    if not stack.startswith(STACK_PREFIX) or not key.startswith(layout.folder(stack) + layout.REGISTRATIONS):
        return False
    role = outcomes.role(job.description).rpartition("/")[2]
    roles = stacks.role_names(stack)
    return role in roles if roles is not None else role.startswith(STACK_PREFIX)


def _registered(job: Job, source: Source, bucket: str, key: str) -> Registered | NotRegistered:
    asked = Instructions.model_validate_json(objects.content(bucket, key))
    outcome = _OUTCOMES[job.kind](job)
    if outcome.missing:
        return NotRegistered(outcome.missing)
    metrics = versions.kept_metrics(asked, outcome)
    decision = versions.decide(asked, outcome.metrics)
    key = f"{registrations.folder(job.kind, job.name)}metrics.json"
    document = PlannedObject(bucket, key, versions.metrics_document(source, metrics))
    if metrics:
        objects.store(document)
    uri = document.uri if metrics else ""
    cause = traces.cause_of(bucket, source.stack_name, job.name)
    arn = model_packages.create(versions.request(asked, outcome, decision.status, replace(source, cause=cause), uri))
    if decision.reason:
        _explain(arn, decision.reason)
    return Registered(arn, decision, metrics)


def _explain(arn: str, reason: str) -> None:
    try:
        model_packages.reject(arn, reason)
    except ServiceBusyError:
        raise
    except ServiceRefusedError as refused:
        # The version exists and is rejected, and the message has the reason.
        logger.warning("not described", extra={"package": arn, "detail": refused.detail})


def _of_training(job: Job) -> Outcome:
    return outcomes.of_training(job.description)


def _of_tuning(job: Job) -> Outcome:
    best = outcomes.best_training_job(job.description)
    if not best:
        return Outcome(missing="The job has no best training job: none has reached a value of the objective metric.")
    return _of_training(jobs.describe(job_kinds.TRAINING, best))


def _of_autopilot(job: Job) -> Outcome:
    return outcomes.of_autopilot(job.description)


_OUTCOMES: Final[Mapping[JobKind, Callable[[Job], Outcome]]] = {
    job_kinds.TRAINING: _of_training,
    job_kinds.TUNING: _of_tuning,
    job_kinds.AUTOPILOT: _of_autopilot,
}
