# SPDX-License-Identifier: Apache-2.0
"""Preparation of a retraining's data: the job that the monitor's schedule would start, with another analysis.

It writes what the monitor has merged with ground truth. Its name follows from the run: a second start is refused by
SageMaker, and is none.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from orchestrator.automation import preparations
from orchestrator.automation.preparations import Preparation
from orchestrator.aws.cloudformation import stacks
from orchestrator.aws.sagemaker import jobs
from orchestrator.errors import ServiceRefusedError, UnfitStateError
from orchestrator.events.retraining import recording, starting
from orchestrator.events.retraining.cases import Case
from orchestrator.events.retraining.decision import Hold, Why
from orchestrator.launch.settings import Settings
from orchestrator.provisioned.runs import monitors, start
from orchestrator.sagemaker import monitor_runs, run_environments

_NAME_IS_TAKEN: Final = "ResourceInUse"


def prepare(case: Case, settings: Settings) -> Hold | None:
    """Start the job that writes the data; gives why nothing can be written.

    Raises `ServiceRefusedError`, after which a retry may succeed.
    """
    request = _request(case)
    if isinstance(request, Hold):
        return request
    bucket, training, name = settings.launch.pipelines_bucket, case.training.common_name, request["ProcessingJobName"]
    found = preparations.find(bucket, training, name)
    if found is None:
        found = Preparation(
            job=case.job, cause=starting.cause_of(case), saw_until=case.asked.saw_until, report=case.asked.report
        )
        preparations.keep(bucket, training, name, found)
    try:
        jobs.start_processing(request)
    except ServiceRefusedError as error:
        if error.code != _NAME_IS_TAKEN:
            raise
    recording.prepared(case, found.cause.at, "started", f"{name} writes the data of {case.job}.", settings)
    return None


def _request(case: Case) -> dict[str, Any] | Hold:
    stack = stacks.find(case.asked.monitor)
    monitor = monitors.in_stack(stack) if stack is not None and not stack.is_gone else None
    if monitor is None:
        return Hold(Why.GONE, f"{case.asked.monitor_name} is not deployed any more.")
    try:
        declared = start.declared(monitor, case.asked.monitor_name)
    except UnfitStateError as error:
        return Hold(Why.GONE, str(error))
    if run_environments.PLACE not in declared["Environment"]:
        return Hold(Why.NO_PLACE, f"{case.asked.monitor_name} was deployed without a place for merged data.")
    end, retrain = case.asked.saw_until, case.asked.retrain
    window = (end - timedelta(days=retrain.days), end)
    environment = run_environments.training_data(
        declared["Environment"], *window, run=case.asked.run, validation_share=retrain.validation_share
    )
    name = monitor_runs.data_job(monitor.stack.arn, case.asked.run)
    return {**declared, "ProcessingJobName": name, "Environment": environment}
