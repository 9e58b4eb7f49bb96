# SPDX-License-Identifier: Apache-2.0
"""Runs of SageMaker's engine in this account: executions of a monitoring schedule, each with a processing job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator.aws import parallel
from orchestrator.aws.sagemaker import jobs, monitoring_schedules
from orchestrator.errors import ServiceBusyError, ServiceRefusedError
from orchestrator.provisioned.runs import files
from orchestrator.provisioned.runs.monitors import DeployedMonitor
from orchestrator.provisioned.runs.run import MonitorRun, Page
from orchestrator.sagemaker import job_kinds, monitor_runs, run_environments
from orchestrator.sagemaker.processing_outputs import first_output


def page(monitor: DeployedMonitor, limit: int, token: str) -> Page:
    """Return a page of runs; the jobs and their files are looked at side by side."""
    listed, following = monitoring_schedules.executions(monitor.schedule, limit, token)

    def run(execution: Mapping[str, Any]) -> MonitorRun:
        return files.read(_with_job(_of_execution(execution), execution), monitor.reports)

    return Page(parallel.each(("sagemaker", "s3"), run, listed) if listed else [], following)


def _of_execution(execution: Mapping[str, Any]) -> MonitorRun:
    due, status = execution["ScheduledTime"], str(execution["MonitoringExecutionStatus"])
    job = str(execution.get("ProcessingJobArn", "")).rpartition("/")[2]
    return MonitorRun(
        id=job or f"{execution['MonitoringScheduleName']}-{due:%Y%m%d%H%M}",
        status=monitor_runs.STATUSES.get(status, status),
        start=None,
        end=due,
        message=execution.get("FailureReason", ""),
        output="",
        has_report=False,
    )


def _with_job(run: MonitorRun, execution: Mapping[str, Any]) -> MonitorRun:
    """Return a run with what its job tells: window, exit message and place of its files."""
    if not execution.get("ProcessingJobArn"):
        return run
    try:
        job = jobs.describe(job_kinds.PROCESSING, run.id).description
    except ServiceBusyError:
        raise
    except ServiceRefusedError as error:
        return replace(run, message=f"{run.message} AWS did not {error.doing}: {error.detail}.".strip())
    facts = run_environments.of(job.get("Environment") or {})
    output = first_output(job).rstrip("/")
    return replace(
        run,
        start=facts.start,
        end=facts.end or run.end,
        message=run.message or job.get("ExitMessage", ""),
        output=f"{output}/" if output else "",
    )
