# SPDX-License-Identifier: Apache-2.0
"""Registration of a completed job's model: read the instructions, find the model, create the version.

Each step can be repeated. A refusal by AWS is a result that the message reports. Transient errors (a throttled or
failing service, another change of the same group at the same time) are raised, so that Lambda retries.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from aws_lambda_powertools import Logger

from orchestrator.aws.cloudformation import stacks
from orchestrator.aws.s3 import objects
from orchestrator.aws.sagemaker import jobs, model_packages
from orchestrator.aws.sagemaker.jobs import Job
from orchestrator.errors import ServiceBusyError, ServiceRefusedError
from orchestrator.events.jobs import comparing, comparison, outcomes, versions
from orchestrator.events.jobs.comparison import Comparison
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
class Compared:
    """A model that is compared with the deployed one before it is registered."""

    comparison: Comparison

    @property
    def record(self) -> Registration:
        """The result as the pipeline's state has it."""
        reason = f"It is compared with {self.comparison.version}, which is deployed."
        return Registration(status="Pending", reason=reason)


@dataclass(frozen=True)
class NotRegistered:
    """The reason for a missing version; `detail` is AWS's error message."""

    reason: str
    detail: str = ""

    @property
    def record(self) -> Registration:
        """The result as the pipeline's state has it."""
        return Registration(status="Failed", reason=self.reason, detail=self.detail)


Result = Registered | NotRegistered | Compared
"""What became of a registration."""


@dataclass(frozen=True)
class Asked:
    """A registration that a job asks for."""

    job: Job
    source: Source
    bucket: str
    key: str
    """Key of the instructions in that bucket."""

    @functools.cached_property
    def instructions(self) -> Instructions:
        """The instructions; raises `ServiceRefusedError`."""
        return Instructions.model_validate_json(objects.content(self.bucket, self.key))

    @functools.cached_property
    def outcome(self) -> Outcome:
        """Containers and metrics of the job; raises `ServiceRefusedError`."""
        return _OUTCOMES[self.job.kind](self.job)


def register(asked: Asked) -> Result:
    """Register the model of a completed job, or begin to compare it with the deployed one.

    Raises `ServiceRefusedError` when a retry may succeed.
    """
    return _answered(lambda: _registered(asked))


def conclude(asked: Asked, decision: Decision) -> Result:
    """Register the model of a job after its comparison. Raises `ServiceRefusedError` when a retry may succeed."""
    return _answered(lambda: _created(asked, decision))


def _answered(step: Callable[[], Result]) -> Result:
    try:
        return step()
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


def _registered(asked: Asked) -> Result:
    if not _is_of_its_pipeline(asked.job, asked.source, asked.key):
        return NotRegistered(_FORGED)
    if asked.outcome.missing:
        return NotRegistered(asked.outcome.missing)
    decision = versions.decide(asked.instructions, asked.outcome.metrics)
    if decision.reason or not asked.instructions.better_than:
        return _created(asked, decision)
    deployed = comparing.deployed_version(asked.instructions, asked.bucket)
    return _compared(asked, deployed) if deployed else _created(asked, decision)


def _compared(asked: Asked, deployed: str) -> Result:
    wanted = comparison.begun(asked.job.kind, asked.source, asked.key, deployed)
    try:
        return Compared(comparing.begin(wanted, asked.instructions, asked.outcome, asked.bucket))
    except ServiceBusyError:
        raise
    except ServiceRefusedError as refused:
        # People may still approve the version; that it is better is not known.
        logger.warning("not compared", extra={"job": asked.job.name, "detail": refused.detail})
        comparing.give_up(wanted, asked.bucket)
        reason = f"It was not compared with {wanted.version}, which is deployed: AWS did not {refused.doing}."
        return _created(asked, versions.rejected(reason))


def _created(asked: Asked, decision: Decision) -> Registered:
    metrics = versions.kept_metrics(asked.instructions, asked.outcome)
    key = f"{registrations.folder(asked.job.kind, asked.job.name)}metrics.json"
    document = PlannedObject(asked.bucket, key, versions.metrics_document(asked.source, metrics))
    if metrics:
        objects.store(document)
    uri = document.uri if metrics else ""
    arn = model_packages.create(versions.request(asked.instructions, asked.outcome, decision, asked.source, uri))
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
