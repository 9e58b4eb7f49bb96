# SPDX-License-Identifier: Apache-2.0
"""Runs of the open engine in this account: processing jobs, which their names tell from all others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.aws import parallel
from orchestrator.aws.sagemaker import jobs
from orchestrator.provisioned.runs import files
from orchestrator.provisioned.runs.monitors import DeployedMonitor
from orchestrator.provisioned.runs.run import MonitorRun, Page
from orchestrator.sagemaker import job_kinds, monitor_runs, run_environments

_LOOKED_AT: Final = 5
"""Names among which the newest run is: somebody's job may contain the beginning of a run's."""


def page(monitor: DeployedMonitor, limit: int, token: str) -> Page:
    """Return a page of runs; the jobs and their files are looked at side by side."""
    names, following = jobs.newest_processing(monitor_runs.jobs_of(monitor.stack.arn), limit, token)

    def run(name: str) -> MonitorRun:
        found = jobs.describe(job_kinds.PROCESSING, name).description
        return files.read(described(found), monitor.reports)

    return Page(parallel.each(("sagemaker", "s3"), run, names) if names else [], following)


def newest(monitor: DeployedMonitor) -> MonitorRun | None:
    """Return the newest run without what its files tell; `None` if there is none."""
    names, _ = jobs.newest_processing(monitor_runs.jobs_of(monitor.stack.arn), _LOOKED_AT)
    return described(jobs.describe(job_kinds.PROCESSING, names[0]).description) if names else None


def described(job: Mapping[str, Any]) -> MonitorRun:
    """Return the run of a job, as SageMaker describes it."""
    facts = run_environments.of(job.get("Environment") or {})
    words = monitor_runs.said(job)
    return MonitorRun(
        id=str(job["ProcessingJobName"]),
        status=monitor_runs.outcome(str(job["ProcessingJobStatus"]), words),
        start=facts.start,
        end=facts.end,
        message=words,
        output=facts.output,
    )
