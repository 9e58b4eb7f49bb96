# SPDX-License-Identifier: Apache-2.0
"""Work of a pipeline in this account, read from SageMaker: job, registration, endpoint and monitor.

Outputs of the deployed stack name them. What cannot be looked at has no status, and hides nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from orchestrator.aws import claims, schedules
from orchestrator.aws.calls import Clients, client
from orchestrator.aws.cloudformation import stacks
from orchestrator.aws.cloudformation.stacks import Stack
from orchestrator.aws.s3 import objects
from orchestrator.aws.sagemaker import endpoints, jobs, monitoring_schedules
from orchestrator.errors import ServiceBusyError, ServiceRefusedError
from orchestrator.launch.settings import Settings
from orchestrator.plan import layout
from orchestrator.provisioned import registrations
from orchestrator.provisioned.awaited import models
from orchestrator.provisioned.pipeline_stacks import Pipeline
from orchestrator.provisioned.registrations import Registration
from orchestrator.provisioned.runs import monitors, open_engine
from orchestrator.provisioned.runs.monitors import DeployedMonitor
from orchestrator.provisioned.state import Endpoint, Job, Monitor, Run, Variant, Work
from orchestrator.sagemaker import deployed_outputs, job_kinds
from orchestrator.sagemaker.job_kinds import JobKind
from orchestrator.sagemaker.monitor_runs import VIOLATIONS

SERVICES: Final = ("sagemaker", "s3", "scheduler")
"""The services that are called."""
_NAMES: Final = {deployed_outputs.ENDPOINT, deployed_outputs.SCHEDULE, *(kind.output for kind in job_kinds.ALL)}
_TAGS: Final = "Tags"
"""Parameter of a deployed stack: the job's tags as JSON, or the URI of a file with them."""
_REGISTRATION_TAG: Final = "registration"
_SETTLED_WITHIN: Final = timedelta(hours=2)
"""An event that fails is repeated within an hour, and jobs without events are looked for every few minutes."""
_LOST: Final = (
    "Nothing came of it within two hours of the job's end. Its event may be in the dead-letter queue, from where it "
    "can be sent again."
)

_NO_SCHEDULE: Final = (
    "EventBridge Scheduler has no schedule of this name, so nothing starts its runs. Delete the pipeline and provision "
    "it again."
)
_DISABLED: Final = "Somebody has disabled it in EventBridge Scheduler, so nothing starts its runs. Enable it there."

Result = TypeVar("Result")


def is_named_in(stack: Stack) -> bool:
    """True if a deployed stack names work, so that there is something to look at."""
    return not _NAMES.isdisjoint(stack.outputs)


def deployed_stack(pipeline: Pipeline, stack: Stack | None) -> Stack | None:
    """Return the stack that a pipeline has deployed, or its own `stack` where it is the same; `None` with stages."""
    if pipeline.stack_sets:
        return None
    return stacks.find(pipeline.deployed_stack) if pipeline.deployed_stack else stack


def of_deployed(pipeline: Pipeline, deployed: Stack | None, settings: Settings) -> Work:
    """Return the work of a pipeline and its deployed stack; raises `ServiceBusyError`."""
    if pipeline.stack_sets:
        return Work(is_elsewhere=True)
    if deployed is None or deployed.is_gone:
        return Work(gone=f"The stack {pipeline.deployed_stack} that it deployed is not there any more.")
    return of_stack(deployed, settings) if is_named_in(deployed) else Work()


def of_stack(stack: Stack, settings: Settings) -> Work:
    """Return the work of a deployed stack; raises `ServiceBusyError`, after which a repeat may succeed."""
    outputs = stack.outputs
    kind = next((kind for kind in job_kinds.ALL if kind.output in outputs), None)
    job, registration = _job(kind, stack, settings) if kind else (None, None)
    endpoint, monitor = outputs.get(deployed_outputs.ENDPOINT), monitors.in_stack(stack)
    return Work(
        job=job,
        registration=registration,
        endpoint=endpoint_of(endpoint) if endpoint else None,
        monitor=_monitor(monitor) if monitor else None,
        package=stack.parameters.get(models.PACKAGE, ""),
    )


def _looked_at(look: Callable[[], Result], hidden: Callable[[str], Result]) -> Result:
    """Return what a look gives, or `hidden(reason)` if AWS refuses it."""
    try:
        return look()
    except ServiceBusyError:
        raise
    except ServiceRefusedError as error:
        # It may have been removed, or access denied.
        return hidden(f"AWS did not {error.doing}: {error.detail}")


def _job(kind: JobKind, stack: Stack, settings: Settings) -> tuple[Job, Registration | None]:
    """Return the job that an output names, maybe by its ARN; its kind is derived from the output's name."""
    name = stack.outputs[kind.output].rsplit("/", 1)[-1]

    def look() -> tuple[Job, Registration | None]:
        found = jobs.describe(kind, name)
        return Job(kind.words, found.name, found.status, found.failure_reason), _registration(found, stack, settings)

    return _looked_at(look, lambda reason: (Job(kind.words, name, None, reason), None))


def _registration(job: jobs.Job, stack: Stack, settings: Settings) -> Registration | None:
    """Return what became of the registration; `None` if the request does not ask for one."""

    def look() -> Registration | None:
        return _asked_registration(job, settings) if _is_registered(stack.parameters.get(_TAGS, "")) else None

    return _looked_at(look, lambda reason: Registration(status="Unknown", reason=reason))


def _asked_registration(job: jobs.Job, settings: Settings) -> Registration:
    if job.status not in job_kinds.ENDED:
        return Registration(status="Pending")
    if job.status != "Completed":
        return Registration(status="Failed", reason="The job did not complete, so that there is no model.")
    bucket = settings.launch.pipelines_bucket
    found = registrations.find(bucket, job.kind, job.name)
    return found.told(with_detail=settings.allow_detailed_error_message) if found else _unrecorded(job, bucket)


def _is_registered(tags: str) -> bool:
    """True if a job has the tag that names the instructions of its registration; `tags` is the stack's parameter."""
    text = objects.content(*tags.removeprefix("s3://").split("/", 1)).decode() if tags.startswith("s3://") else tags
    try:
        listed: Any = json.loads(text)
    except ValueError:
        # A blueprint of the operator's may mean something else by it.
        return False
    return isinstance(listed, list) and any(
        isinstance(tag, Mapping) and tag.get("Key") == _REGISTRATION_TAG for tag in listed
    )


def _unrecorded(job: jobs.Job, bucket: str) -> Registration:
    age = datetime.now(UTC) - job.ended_at
    if age < _SETTLED_WITHIN:
        return Registration(status="Pending")
    # Releases before this one recorded nothing; a marker is kept for some days.
    marker = layout.reported_job(job.kind.noun, job.name, job.status)
    if age > timedelta(days=layout.REPORTED_DAYS) or claims.is_done(bucket, marker):
        return Registration(status="Unknown", reason="What became of the model's registration was told by message.")
    return Registration(status="Failed", reason=_LOST)


def endpoint_of(name: str, clients: Clients = client) -> Endpoint:
    """Return an endpoint of this account, or of the one where the clients act; raises `ServiceBusyError`."""

    def look() -> Endpoint:
        found = endpoints.describe(name, clients)
        variants = tuple(_variants(found))
        return Endpoint(found["EndpointName"], found["EndpointStatus"], found.get("FailureReason", ""), variants)

    return _looked_at(look, lambda reason: Endpoint(name, None, reason))


def _variants(found: Mapping[str, Any]) -> Iterator[Variant]:
    """Yield the models of an endpoint as DescribeEndpoint has them."""
    for member, is_shadow in (("ProductionVariants", False), ("ShadowProductionVariants", True)):
        for one in found.get(member, ()):
            weight, count = float(one.get("CurrentWeight", 0)), one.get("CurrentInstanceCount")
            yield Variant(
                name=one["VariantName"],
                weight=weight,
                desired_weight=float(one.get("DesiredWeight", weight)),
                instances=count,
                desired_instances=one.get("DesiredInstanceCount", count),
                is_shadow=is_shadow,
            )


def _monitor(monitor: DeployedMonitor) -> Monitor:
    look = _started_by_scheduler if monitor.is_open else _started_by_sagemaker
    hidden = Monitor(monitor.schedule, None, engine=monitor.engine)
    return _looked_at(lambda: look(monitor), lambda reason: replace(hidden, reason=reason))


def _started_by_scheduler(monitor: DeployedMonitor) -> Monitor:
    """Return a monitor on the open engine; three calls, however many runs there were."""
    found, last = schedules.find(monitor.schedule), open_engine.newest(monitor)
    run = Run(last.status, last.end, last.message) if last else None
    if found is None:
        return Monitor(monitor.schedule, "Deleted", _NO_SCHEDULE, run, monitor.engine)
    if found["State"] != schedules.ENABLED:
        return Monitor(monitor.schedule, "Stopped", _DISABLED, run, monitor.engine)
    return Monitor(monitor.schedule, "Scheduled", "", run, monitor.engine)


def _started_by_sagemaker(monitor: DeployedMonitor) -> Monitor:
    found = monitoring_schedules.describe(monitor.schedule)
    last = found.get("LastMonitoringExecutionSummary")
    reason, run = found.get("FailureReason", ""), _run(last) if last else None
    return Monitor(
        found["MonitoringScheduleName"], found["MonitoringScheduleStatus"], reason, run, engine=monitor.engine
    )


def _run(summary: Mapping[str, Any]) -> Run:
    status = summary["MonitoringExecutionStatus"]
    message = summary.get("FailureReason", "")
    if status == VIOLATIONS and not message:
        message = _looked_at(lambda: _exit_message(summary), lambda _: "")
    return Run(status, summary.get("ScheduledTime"), message)


def _exit_message(summary: Mapping[str, Any]) -> str:
    """Return what the run's job said, which alone has the number of violations."""
    name = str(summary.get("ProcessingJobArn", "")).rsplit("/", 1)[-1]
    return str(jobs.describe(job_kinds.PROCESSING, name).description.get("ExitMessage", "")) if name else ""
