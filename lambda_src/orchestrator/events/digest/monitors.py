# SPDX-License-Identifier: Apache-2.0
"""A day of the monitors: runs that found violations or failed, and runs that are missing.

In this account SageMaker lists the runs of all monitors at once. In those of stages, what events have told is there:
every run of the open engine, and of SageMaker's engine those of which people were told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from orchestrator.aws.cloudformation.stacks import Stack
from orchestrator.aws.sagemaker import jobs, monitoring_schedules
from orchestrator.events import missing_runs
from orchestrator.events.digest.pipelines import Survey
from orchestrator.launch.settings import Settings
from orchestrator.provisioned import pipeline_stacks
from orchestrator.provisioned.pipeline_stacks import Pipeline
from orchestrator.provisioned.runs import monitors, records
from orchestrator.provisioned.runs.monitors import DeployedMonitor
from orchestrator.sagemaker import monitor_runs
from orchestrator.sagemaker.monitor_runs import VIOLATIONS

DAY: Final = timedelta(days=1)
_FAILED: Final = frozenset({"Failed", "Stopped"})
_MOST_OF_ONE: Final = 300
"""Runs in the accounts of stages that are read of one monitor: more than one every five minutes."""


@dataclass(frozen=True)
class Told:
    """A run: its status, and what it says of itself."""

    status: str
    words: str = ""


@dataclass(frozen=True)
class MonitorDay:
    """What a monitor did in a day, in this account (`stage` is empty) or in that of a stage."""

    pipeline: Pipeline
    stage: str = ""
    runs: Sequence[Told] = ()
    """The newest first."""
    missing: str = ""
    """What is known of missing runs, in words; empty if none are missing."""

    @property
    def violations(self) -> int:
        """Number of runs that found violations."""
        return sum(run.status == VIOLATIONS for run in self.runs)

    @property
    def failures(self) -> int:
        """Number of runs that failed or were stopped."""
        return sum(run.status in _FAILED for run in self.runs)

    @property
    def words(self) -> str:
        """What the newest run that found or failed says of it."""
        bad = next((run for run in self.runs if run.status == VIOLATIONS or run.status in _FAILED), None)
        return (monitor_runs.findings(bad.words) or bad.words) if bad else ""

    @property
    def needs_people(self) -> bool:
        """True if somebody should look at it."""
        return bool(self.violations or self.failures or self.missing)


@dataclass
class _Seen:
    runs: list[Told] = field(default_factory=list)
    missing: str = ""


def days(survey: Survey, settings: Settings, moment: datetime) -> list[MonitorDay]:
    """Return the monitors that need people, by what they did in the day before a moment.

    Raises `ServiceRefusedError`.
    """
    own = list(_own(survey))
    begin = moment - DAY
    seen: defaultdict[tuple[str, str], _Seen] = defaultdict(_Seen)
    for pipeline, run in _runs_here(own, begin):
        seen[pipeline.common_name, ""].runs.append(run)
    for pipeline in survey.pipelines:
        for stage, run in _runs_in_stages(pipeline, settings, begin):
            seen[pipeline.common_name, stage].runs.append(run)
    for pipeline, monitor in own:
        if not seen[pipeline.common_name, ""].runs and _should_have_run(monitor, begin):
            seen[pipeline.common_name, ""].missing = f"no run began since {begin:%Y-%m-%d %H:%M} UTC"
    for missing in missing_runs.still_missing(settings.launch.pipelines_bucket):
        place = (pipeline_stacks.common_name_by_deployed(missing.stack), settings.stage_of(missing.account))
        when = f", as told on {missing.since[:16].replace('T', ' ')} UTC" if missing.since else ""
        seen[place].missing = f"runs are missing{when}"
    known = {pipeline.common_name: pipeline for pipeline in survey.pipelines}
    found = [
        MonitorDay(known[name], stage, told.runs, told.missing) for (name, stage), told in seen.items() if name in known
    ]
    bad = [day for day in found if day.needs_people]
    return sorted(bad, key=lambda day: (-day.violations, day.pipeline.short_name, day.stage))


def _own(survey: Survey) -> Iterator[tuple[Pipeline, DeployedMonitor]]:
    """Yield the monitors that are deployed in this account."""
    for pipeline in survey.pipelines:
        deployed: Stack | None = None if pipeline.stack_sets else survey.deployed(pipeline)
        monitor = monitors.in_stack(deployed) if deployed is not None else None
        if monitor is not None:
            yield pipeline, monitor


def _runs_here(own: Sequence[tuple[Pipeline, DeployedMonitor]], begin: datetime) -> Iterator[tuple[Pipeline, Told]]:
    """Yield the runs in this account: two listings, however many monitors there are."""
    by_job = {monitor_runs.jobs_of(one.stack.arn): pipeline for pipeline, one in own if one.is_open}
    by_schedule = {one.schedule: pipeline for pipeline, one in own if not one.is_open}
    length = len(monitor_runs.jobs_of(":/00000000-"))
    if by_job:
        for job in jobs.processing_since(monitor_runs.JOBS, begin):
            if pipeline := by_job.get(str(job["ProcessingJobName"])[:length]):
                words = monitor_runs.said(job)
                yield pipeline, Told(monitor_runs.outcome(str(job["ProcessingJobStatus"]), words), words)
    if by_schedule:
        for execution in monitoring_schedules.executions_since(begin):
            if pipeline := by_schedule.get(str(execution["MonitoringScheduleName"])):
                yield pipeline, _of_execution(execution)


def _of_execution(execution: Mapping[str, Any]) -> Told:
    status = str(execution["MonitoringExecutionStatus"])
    return Told(monitor_runs.STATUSES.get(status, status), execution.get("FailureReason", ""))


def _runs_in_stages(pipeline: Pipeline, settings: Settings, begin: datetime) -> Iterator[tuple[str, Told]]:
    if not pipeline.stack_sets or pipeline.engine is None:
        return
    for record in records.since(settings.launch.pipelines_bucket, pipeline.common_name, begin, _MOST_OF_ONE):
        yield record.stage, Told(record.status, record.message)


def _should_have_run(monitor: DeployedMonitor, begin: datetime) -> bool:
    """True for a monitor that was there all day, and is due twice a day at least."""
    period = monitor.period
    return period is not None and 2 * period <= DAY and monitor.stack.changed_at < begin
