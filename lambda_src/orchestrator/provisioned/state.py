# SPDX-License-Identifier: Apache-2.0
"""State of a pipeline in a word and a sentence, decided from what was seen of it. Pure.

The deployment comes first: deletion, the pipeline's stack, its newest execution make it `Deploying`, `Waiting for
approval` or `Failed`. Then the work of what is deployed: job, registration, endpoint and monitor make it `Running`,
`Failed` or `Unhealthy`. Without any of that it has `Succeeded`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from orchestrator.provisioned import registrations
from orchestrator.sagemaker.monitor_runs import VIOLATIONS

if TYPE_CHECKING:
    from orchestrator.answers.work import StateName
    from orchestrator.provisioned.registrations import Registration
    from orchestrator.values.monitors import EngineName

_DELETING: Final = "It is being deleted."
_ELSEWHERE: Final = (
    "What runs in the accounts of the stages is not visible from the orchestrator's account: its alarms and messages "
    "tell of it."
)
_RUNNING_JOB: Final = frozenset({"InProgress", "Stopping"})
_CHANGING_ENDPOINT: Final = frozenset({"Creating", "Updating", "RollingBack"})
_SERVING: Final = frozenset({"InService", "SystemUpdating"})
_RUNNING_MONITOR: Final = frozenset({"Pending", "InProgress", "Stopping"})


@dataclass(frozen=True)
class Job:
    """The job that the deployment started; without a status if it cannot be looked at."""

    kind: str
    name: str
    status: str | None
    reason: str = ""


@dataclass(frozen=True)
class Variant:
    """A model of the endpoint: its weight and its instances, as they are and as they are to be."""

    name: str
    weight: float
    desired_weight: float
    instances: int | None
    desired_instances: int | None
    """Unknown without instances, as of a serverless endpoint."""
    is_shadow: bool = False


@dataclass(frozen=True)
class Endpoint:
    """The endpoint that the deployment made; without a status if it cannot be looked at."""

    name: str
    status: str | None
    reason: str = ""
    variants: tuple[Variant, ...] = ()
    """With what shares the traffic first, then shadows."""


@dataclass(frozen=True)
class Run:
    """A run of a monitor: its status, when it was due, and what SageMaker says."""

    status: str
    due: datetime | None = None
    message: str = ""


@dataclass(frozen=True)
class Monitor:
    """The schedule that the deployment made, with its last run; without a status if it cannot be looked at."""

    schedule: str
    status: str | None
    reason: str = ""
    last_run: Run | None = None
    engine: EngineName = "sagemaker"


@dataclass(frozen=True)
class Work:
    """What the deployment started and made, as far as it has any."""

    job: Job | None = None
    registration: Registration | None = None
    endpoint: Endpoint | None = None
    monitor: Monitor | None = None
    gone: str = ""
    """What is missing of the deployment, in a sentence."""
    is_elsewhere: bool = False
    """Whether it is in accounts that the orchestrator cannot look into."""
    package: str | None = None
    """ARN of the version of the model registry that is deployed, empty without one; `None` if that is not known."""


@dataclass(frozen=True)
class Deployment:
    """How far the deployment is."""

    deletion: str | None = None
    """Why its deletion failed; empty while that goes on, `None` if nobody asked for it."""
    stack_status: str = ""
    stack_reason: str = ""
    execution: str = ""
    """Status of the newest execution; empty while there is none."""
    waits_for: str = ""
    """The stage that an approval would open next, if the newest execution waits for it."""
    failure: str = ""
    """Where and why that execution failed."""


@dataclass(frozen=True)
class Seen:
    """All that is known of a pipeline."""

    deployment: Deployment
    work: Work = field(default_factory=Work)


@dataclass(frozen=True)
class State:
    """The state, and a sentence that says why; empty if there is nothing to say."""

    name: StateName
    reason: str = ""


def decide(seen: Seen) -> State:
    """Return the state of a pipeline: that of its deployment until that is done, then that of its work."""
    return next(of_deployment(seen.deployment), None) or of_done(seen.work)


def of_done(seen: Work) -> State:
    """Return the state of a pipeline that has deployed everything."""
    return next(_of_work(seen), State("Succeeded", _success(seen)))


def of_deployment(seen: Deployment) -> Iterator[State]:
    """Yield why the pipeline has not deployed everything; nothing if it has."""
    if seen.deletion is not None:
        yield (
            State("Failed", f"Its deletion failed: {seen.deletion}") if seen.deletion else State("Deploying", _DELETING)
        )
        return
    status, why = seen.stack_status, f": {seen.stack_reason}" if seen.stack_reason else "."
    if status.endswith("_IN_PROGRESS"):
        yield State("Deploying", "CloudFormation is working on the pipeline's stack.")
    elif status.endswith("_FAILED") or "ROLLBACK" in status or status == "DELETE_COMPLETE":
        yield State("Failed", f"The pipeline's stack ended in {status}{why}")
    elif seen.waits_for:
        yield State("Waiting for approval", f"Somebody must decide whether {seen.waits_for} is deployed.")
    elif seen.execution in ("Failed", "Stopped", "Cancelled"):
        yield State("Failed", seen.failure or f"Its newest execution ended as {seen.execution}.")
    elif seen.execution != "Succeeded":
        yield State("Deploying")


def _of_work(seen: Work) -> Iterator[State]:
    """Yield what keeps the work from being done and in order, what is worst first; nothing if it is."""
    if seen.gone:
        yield State("Unhealthy", seen.gone)
    for part in (_of_job, _of_registration, _of_endpoint, _of_monitor, _of_what_is_hidden):
        yield from part(seen)


def _of_job(seen: Work) -> Iterator[State]:
    job = seen.job
    if job is None:
        return
    if job.status == "Failed":
        yield State("Failed", f"The {job.kind} {job.name} failed: {job.reason or 'SageMaker gives no reason.'}")
    if job.status == "Stopped":
        yield State("Failed", f"The {job.kind} {job.name} was stopped: by somebody, or by its time limit.")
    if job.status in _RUNNING_JOB:
        yield State("Running", f"The {job.kind} {job.name} is {job.status}.")


def _of_registration(seen: Work) -> Iterator[State]:
    made = seen.registration
    if made is None:
        return
    if made.status == registrations.FAILED:
        yield State("Failed", f"The model was not registered. {made.reason}".rstrip())
    if made.status == registrations.REJECTED:
        yield State("Failed", f"The model was registered as Rejected: its gate did not hold. {made.reason}".rstrip())
    if made.status == registrations.PENDING:
        yield State("Running", f"The model is being registered. {made.reason}".rstrip())


def _of_endpoint(seen: Work) -> Iterator[State]:
    endpoint = seen.endpoint
    if endpoint is None or endpoint.status is None or endpoint.status in _SERVING:
        return
    words = f"The endpoint {endpoint.name} is {endpoint.status}{f': {endpoint.reason}' if endpoint.reason else '.'}"
    yield State("Running" if endpoint.status in _CHANGING_ENDPOINT else "Unhealthy", words)


def _of_monitor(seen: Work) -> Iterator[State]:
    monitor = seen.monitor
    if monitor is None or monitor.status is None:
        return
    if monitor.status in ("Failed", "Stopped", "Deleted"):
        why = f": {monitor.reason}" if monitor.reason else "."
        yield State("Unhealthy", f"The monitoring schedule {monitor.schedule} is {monitor.status}{why}")
    run = monitor.last_run
    if run is None:
        return
    when = f"The monitor's run{f' for {run.due:%Y-%m-%d %H:%M} UTC' if run.due else ''}"
    if run.status == VIOLATIONS:
        yield State("Unhealthy", f"{when} found violations of the baseline. {run.message}".rstrip())
    if run.status in ("Failed", "Stopped"):
        yield State("Unhealthy", f"{when} ended as {run.status}. {run.message}".rstrip())
    if run.status in _RUNNING_MONITOR:
        yield State("Running", f"{when} is {run.status}.")


def _of_what_is_hidden(seen: Work) -> Iterator[State]:
    """Yield what should be there and cannot be looked at: nobody may call that healthy."""
    job, endpoint, monitor = seen.job, seen.endpoint, seen.monitor
    for part, words in (
        # A monitor that runs has its baseline: its job matters no more.
        (None if monitor else job, f"The {job.kind} {job.name}" if job else ""),
        (endpoint, f"The endpoint {endpoint.name}" if endpoint else ""),
        (monitor, f"The monitoring schedule {monitor.schedule}" if monitor else ""),
    ):
        if part is not None and part.status is None:
            yield State("Unhealthy", f"{words} cannot be looked at: {part.reason}")


def _success(seen: Work) -> str:
    made, monitor = seen.registration, seen.monitor
    if seen.is_elsewhere:
        return _ELSEWHERE
    if made is not None:
        return f"The model is registered as {made.model_package_arn}." if made.model_package_arn else made.reason
    if monitor is not None and monitor.last_run is None:
        return "The monitor has not run yet."
    return ""
