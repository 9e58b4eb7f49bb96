# SPDX-License-Identifier: Apache-2.0
"""`POST /pipelines/{id}/runs`: start a run of a monitor now.

The job is the one that the deployed schedule would start, with another name and window: a run is declared once, in the
blueprint. Every call starts a run; its files have a folder of their own.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from orchestrator import documents
from orchestrator.aws import schedules
from orchestrator.aws.sagemaker import jobs
from orchestrator.errors import UnfitStateError
from orchestrator.launch.settings import Settings
from orchestrator.provisioned import lookup
from orchestrator.provisioned.pipeline_stacks import Pipeline
from orchestrator.provisioned.runs import finding, windows
from orchestrator.provisioned.runs.monitors import DeployedMonitor
from orchestrator.provisioned.runs.windows import Window
from orchestrator.sagemaker import monitor_runs, run_environments

if TYPE_CHECKING:
    from orchestrator import answers


def begin(given: str, body: str | bytes | None, settings: Settings) -> answers.MonitorRunStarted:
    """Start a run of a pipeline's monitor; raises the errors of `orchestrator.errors`."""
    asked = documents.read_if_given(body)
    found = lookup.find(given, settings)
    if found.pipeline.stack_sets:
        finding.check(found.pipeline)
        why = _elsewhere if found.pipeline.engine == "open" else _native
        raise UnfitStateError(why(found.pipeline))
    monitor = finding.of(found)
    if not monitor.is_open:
        raise UnfitStateError(_native(found.pipeline))
    window = windows.of(asked, monitor.period, datetime.now(UTC))
    request = _request(declared(monitor, found.pipeline.short_name), monitor, window)
    jobs.start_processing(request)
    message = f"The run has begun: {window.start:%Y-%m-%d %H:%M:%S} to {window.end:%Y-%m-%d %H:%M:%S} UTC."
    return {"message": message, "run": {"id": request["ProcessingJobName"]}}


def _elsewhere(pipeline: Pipeline) -> str:
    return (
        f"{pipeline.short_name} runs in the accounts of its stages, where the orchestrator starts nothing. With "
        "credentials of such an account, `aws scheduler get-schedule --name NAME --query Target.Input --output text > "
        "run.json` writes the job of a run, where NAME is MonitoringScheduleName of the monitor's stack. Give it "
        "another ProcessingJobName, and in Environment start_time and end_time in place of scheduled_time; then start "
        "it by `aws sagemaker create-processing-job --cli-input-json file://run.json`."
    )


def _native(pipeline: Pipeline) -> str:
    return (
        f"{pipeline.short_name} runs on SageMaker Model Monitor, which starts its runs by schedule only. One with "
        '"monitor_engine": "open" can be run at any time.'
    )


def declared(monitor: DeployedMonitor, pipeline: str) -> dict[str, Any]:
    """Return the request of a scheduled run; `pipeline` is what people call the monitor.

    Raises `UnfitStateError` if the schedule is not there or is another.
    """
    found = schedules.find(monitor.schedule)
    if found is None:
        raise UnfitStateError(
            f"The schedule {monitor.schedule} of {pipeline} is not there any more in EventBridge Scheduler: "
            "delete the monitor and provision it again."
        )
    try:
        request = json.loads(found.get("Target", {}).get("Input", ""))
    except ValueError:
        request = None
    if not isinstance(request, dict) or not isinstance(request.get("Environment"), Mapping):
        raise UnfitStateError(
            f"The schedule {monitor.schedule} of {pipeline} starts something else than the monitor's runs: "
            "somebody has changed it. Delete the monitor and provision it again."
        )
    return request


def _request(declared: Mapping[str, Any], monitor: DeployedMonitor, window: Window) -> dict[str, Any]:
    """Return the request of the run. A job's name is taken for good, so each has one of its own."""
    run_id = uuid.uuid4().hex
    return {
        **declared,
        "ProcessingJobName": f"{monitor_runs.jobs_of(monitor.stack.arn)}{run_id}",
        "Environment": run_environments.on_demand(declared["Environment"], window.start, window.end, run_id),
    }
