# SPDX-License-Identifier: Apache-2.0
"""End of a job that has written a retraining's data: the training starts, or there are too few rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from aws_lambda_powertools import Logger

from orchestrator.automation import instructions, preparations
from orchestrator.automation.instructions import Retrain
from orchestrator.automation.preparations import Preparation
from orchestrator.aws import claims, notifications
from orchestrator.aws.s3 import objects
from orchestrator.aws.sagemaker import jobs
from orchestrator.aws.sagemaker.jobs import Job
from orchestrator.events.retraining import cases, recording, runs
from orchestrator.events.retraining.cases import Asked, Case, Data, Training
from orchestrator.events.retraining.deciding import carry_out
from orchestrator.events.retraining.decision import Findings, Hold, Violation, Why
from orchestrator.launch.settings import Settings
from orchestrator.plan import layout
from orchestrator.sagemaker import job_kinds, monitor_runs

_IGNORED: Final = {"reported": 0}

logger = Logger(service="orchestrator", child=True)


def ended(event: Mapping[str, Any], settings: Settings, owner: str) -> dict[str, Any]:
    """Go on with a retraining whose data was written, once.

    Raises the errors of `orchestrator.errors` after which a retry may succeed.
    """
    detail, bucket = event["detail"], settings.launch.pipelines_bucket
    name = detail["ProcessingJobName"]
    told = runs.told_by(detail.get("ProcessingInputs"), bucket)
    is_ours = settings.launch.automatic_retraining and event["account"] == settings.account
    if told is None or not is_ours or detail["ProcessingJobStatus"] not in job_kinds.ENDED:
        return _IGNORED
    marker = layout.reported_retraining(event["account"], name)

    def work() -> None:
        retrain = instructions.read(bucket, told.key)
        training = cases.training_of(retrain, settings) if retrain is not None else ""
        found = preparations.find(bucket, training.common_name, name) if isinstance(training, Training) else None
        if retrain is None or found is None or not isinstance(training, Training):
            # Deleted in between: there is nobody to train for, or nothing that trains.
            logger.info("data of nobody's retraining", extra={"job": name})
            return
        asked = _asked(found, retrain)
        _go_on(Case(asked, training, datetime.now(UTC)), name, settings, owner)

    return {"reported": int(claims.once(bucket, marker, owner, work))}


def _asked(found: Preparation, retrain: Retrain) -> Asked:
    cause = found.cause
    violations = tuple(Violation(one.feature, one.check) for one in cause.violations)
    findings = Findings(are_certain=True, violations=violations)
    return Asked(cause.monitor, cause.run, found.saw_until, found.report, findings, retrain)


def _go_on(case: Case, name: str, settings: Settings, owner: str) -> None:
    job = jobs.describe(job_kinds.PROCESSING, name)
    if job.status != "Completed":
        words = monitor_runs.said(job.description) or "SageMaker gives no reason."
        problem = f"The processing job {name}, which writes the data, has the status {job.status}: {words}"
        _fail(case, job, problem, settings)
        return
    folder = f"{monitor_runs.MERGED}{case.asked.monitor}/{case.asked.run}/"
    content = objects.content_if_there(settings.launch.assets_bucket, f"{folder}data.json")
    if content is None:
        problem = f"The processing job {name} has completed, and has not written {folder}data.json."
        _fail(case, job, problem, settings)
        return
    told = json.loads(content)
    rows, kept_back = int(told["rows"]), int(told["validation_rows"])
    least = case.asked.retrain.minimum_rows
    if rows + kept_back < least:
        words = f"{rows + kept_back} rows have ground truth, and minimum_rows is {least}."
        recording.hold(case.asked, Hold(Why.TOO_FEW, words), job.ended_at, settings, owner)
        return
    recording.prepared(case, job.ended_at, "done", f"{name} has written {rows + kept_back} rows.", settings)
    data = Data(
        rows=rows + kept_back,
        training=f"{folder}train.csv",
        validation=f"{folder}validation.csv" if kept_back else "",
        baseline=f"{folder}labelled.csv",
    )
    carry_out(Case(case.asked, case.training, case.now, data), settings, owner)


def _fail(case: Case, job: Job, problem: str, settings: Settings) -> None:
    message = recording.failed(case, job.ended_at, "prepare_data", [problem], settings)
    notifications.publish(settings.notifications_topic_arn, message)
