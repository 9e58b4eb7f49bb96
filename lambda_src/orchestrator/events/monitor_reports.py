# SPDX-License-Identifier: Apache-2.0
"""Messages for each run of a monitor that found violations, failed or was stopped, and for a failed baseline.

The events come from the orchestrator's own account, and from those of dev, staging and prod, whose blueprints forward
them. The policy of the bus admits no other account (lesson 81). AWS's examples of the event have no exit message, which
alone names the findings of a run. In its own account the orchestrator then describes the job. It has no access to
others, so one message a day reports that a run has ended (lesson 109).

A baseline that fails should fail its stack. AWS does not document that CloudFormation waits for it, so the failure is
reported here, too (lesson 105).

This is about SageMaker's engine, and about baselines of both. `open_engine_runs.py` reads runs of the open engine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from aws_lambda_powertools import Logger

from orchestrator import metrics, on_demand
from orchestrator.aws import claims, notifications
from orchestrator.aws.sagemaker import jobs
from orchestrator.events import open_engine_runs, run_records
from orchestrator.events.event_tags import tags_of
from orchestrator.events.monitor_messages import Ended
from orchestrator.launch.settings import Settings
from orchestrator.provisioned import pipeline_stacks
from orchestrator.sagemaker import job_kinds, monitor_runs
from orchestrator.sagemaker.monitor_runs import KINDS, VIOLATIONS
from orchestrator.sagemaker.processing_outputs import first_output

_NAME: Final = rf"(?P<schedule>(?P<endpoint>[a-z0-9-]+)-(?P<kind>{'|'.join(KINDS)})-[0-9a-f]{{4}})"
_SCHEDULE_ARN: Final = re.compile(rf".*:monitoring-schedule/{_NAME}")
# https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-results.html: the prefix of a run's reports
# is endpoint, schedule and the hour of the run.
_REPORT: Final = re.compile(rf"s3://.+/{_NAME}/[0-9]{{4}}/[0-9]{{2}}/[0-9]{{2}}/[0-9]{{2}}.*")
_BASELINE: Final = re.compile(rf"s3://.+/{_NAME}")
_ENDED_BADLY: Final = frozenset({"Failed", "Stopped"})
_COMPLETED: Final = "Completed"
# Most runs have no model trained again, and do not wait for the imports of what provisions.
_RETRAINING: Final = "events.retraining.reports:run_ended"
_DATA_WRITTEN: Final = "events.retraining.prepared:ended"

logger = Logger(service="orchestrator", child=True)


def run_ended(event: dict[str, Any], settings: Settings, owner: str) -> dict[str, Any]:
    """Tell of a monitor's job that has ended, from SageMaker's event, once; any other event is ignored.

    `owner` is the id of the invocation. Raises `OrchestratorError` when a retry may succeed.
    """
    if monitor_runs.is_data_job(event["detail"]["ProcessingJobName"]):
        return on_demand.function(_DATA_WRITTEN)(event, settings, owner)
    ended = _ended(event, settings)
    if ended is None:
        logger.info("ignored", extra={"resources": event.get("resources")})
        return {"reported": 0}
    told = claims.once(settings.launch.pipelines_bucket, ended.marker, owner, lambda: _tell(ended, settings))
    logger.info("monitoring run ended", extra={"schedule": ended.schedule, "status": ended.status, "told": told})
    if ended.run is not None:
        on_demand.function(_RETRAINING)(ended.run, settings, owner)
    return {"reported": int(told)}


def _ended(event: Mapping[str, Any], settings: Settings) -> Ended | None:
    """Read the event; `None` for a job that is none of ours, or that nobody needs to hear of.

    https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
    """
    detail = event["detail"]
    if monitor_runs.is_run(detail["ProcessingJobName"]):
        return open_engine_runs.ended(event, settings, settings.stage_of(event["account"]))
    report, status = first_output(detail), detail["ProcessingJobStatus"]
    schedule = detail.get("MonitoringScheduleArn") or ""
    run = _SCHEDULE_ARN.fullmatch(schedule) or _REPORT.fullmatch(report)
    named = run or (None if schedule else _BASELINE.fullmatch(report))
    if named is None or status not in (_ENDED_BADLY if run is None else {*_ENDED_BADLY, _COMPLETED}):
        return None
    is_ours = event["account"] == settings.account
    if (
        run is not None
        and not is_ours
        and (pipeline := pipeline_stacks.common_name_by_deployed(tags_of(detail).get("stack_name", "")))
    ):
        run_records.keep(event, pipeline, settings.stage_of(event["account"]), settings.launch.pipelines_bucket)
    words = _words(detail, is_ours=is_ours)
    if status == _COMPLETED and not words.startswith(VIOLATIONS) and (words or is_ours):
        return None
    tags = tags_of(detail)
    return Ended(
        account=event["account"],
        region=event["region"],
        day=event["time"][:10],
        job=detail["ProcessingJobName"],
        status=status,
        words=words,
        endpoint=named["endpoint"],
        schedule=named["schedule"],
        kind=KINDS[named["kind"]],
        report=report,
        is_baseline=run is None,
        stack=tags.get("stack_name", ""),
        pipeline_type=tags.get("pipeline_type", ""),
        model_name=tags.get("model_name", ""),
    )


def _words(detail: Mapping[str, Any], *, is_ours: bool) -> str:
    """Return the failure reason, else the exit message; empty for a job of another account whose event has neither."""
    given = monitor_runs.said(detail)
    if given or not is_ours:
        return given
    return monitor_runs.said(jobs.describe(job_kinds.PROCESSING, detail["ProcessingJobName"]).description)


def _tell(ended: Ended, settings: Settings) -> None:
    stage = settings.stage_of(ended.account)
    notifications.publish(settings.notifications_topic_arn, ended.message(stage))
    metrics.count(metrics.MONITOR_RUNS, pipeline_type=ended.pipeline_type, outcome=ended.status)
    if overall := ended.overall(stage):
        metrics.count(metrics.STATES_TOLD, state=overall)
