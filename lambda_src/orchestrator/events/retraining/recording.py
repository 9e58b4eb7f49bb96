# SPDX-License-Identifier: Apache-2.0
"""What is recorded of retrainings, and told: starts and failures at once, reasons to hold back once a day.

A run is told of by its own message anyway. A cooldown, say, would add one to each until it is over, and nobody would
have anything to do: such reasons are in the journal of the monitor alone.
"""

from __future__ import annotations

from datetime import datetime

from aws_lambda_powertools import Logger

from orchestrator.automation import journal
from orchestrator.automation.journal import Outcome, Step, StepName
from orchestrator.aws import claims, notifications
from orchestrator.aws.notifications import Message
from orchestrator.events.retraining import messages
from orchestrator.events.retraining.cases import Asked, Case
from orchestrator.events.retraining.decision import Hold
from orchestrator.launch.settings import Settings
from orchestrator.plan import layout

logger = Logger(service="orchestrator", child=True)


def hold(asked: Asked, reason: Hold, now: datetime, settings: Settings, owner: str) -> None:
    """Record why nothing is started, and tell it if somebody should know."""
    bucket = settings.launch.pipelines_bucket
    step = Step(at=now, step="retrain", cause=_run(asked), outcome="held", detail=reason.words)
    journal.record(bucket, asked.monitor, step)
    logger.info("retraining held back", extra={"run": asked.run, "why": reason.why.name, "words": reason.words})
    message = messages.held(asked, reason)
    if message is not None:
        marker = f"{layout.REPORTED}RetrainingHeld/{asked.monitor}/{reason.why.name}/{now:%Y-%m-%d}"
        claims.once(bucket, marker, owner, lambda: notifications.publish(settings.notifications_topic_arn, message))


def prepared(case: Case, at: datetime, outcome: Outcome, detail: str, settings: Settings) -> None:
    """Record a step of the preparation of data."""
    step = Step(at=at, step="prepare_data", cause=_run(case.asked), outcome=outcome, detail=detail)
    _record(case, step, settings)


def started(case: Case, at: datetime, remarks: list[str], settings: Settings) -> Message:
    """Record that the training was started; gives what people are told."""
    detail = f"{case.job} was started. Found: {messages.violations(case.asked.findings.violations)}."
    _record(case, Step(at=at, step="retrain", cause=_run(case.asked), outcome="started", detail=detail), settings)
    logger.info("retraining started", extra={"job": case.job, "run": case.asked.run})
    return messages.started(case, remarks)


def failed(case: Case, at: datetime, step: StepName, problems: list[str], settings: Settings) -> Message:
    """Record that nothing could be started; gives what people are told."""
    detail = " ".join(problems)
    _record(case, Step(at=at, step=step, cause=_run(case.asked), outcome="failed", detail=detail), settings)
    logger.warning("retraining failed", extra={"job": case.job, "run": case.asked.run, "problems": problems})
    return messages.failed(case, problems)


def _record(case: Case, step: Step, settings: Settings) -> None:
    """Record a step with the monitor and with the pipeline that trains."""
    for common in (case.asked.monitor, case.training.common_name):
        journal.record(settings.launch.pipelines_bucket, common, step)


def _run(asked: Asked) -> str:
    return f"Run {asked.run} of {asked.monitor_name}"
