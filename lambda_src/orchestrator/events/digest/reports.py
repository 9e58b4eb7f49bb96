# SPDX-License-Identifier: Apache-2.0
"""The digest, once a day, however often the event of its rule comes.

Costs and runs of monitors that AWS does not tell are a sentence in the message. Without the states of pipelines there
is no message: the event is tried again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from orchestrator.aws import claims, notifications
from orchestrator.errors import ServiceRefusedError
from orchestrator.events.digest import costs, monitors, pipelines
from orchestrator.events.digest.digest import Digest
from orchestrator.events.digest.messages import Wording
from orchestrator.events.digest.monitors import MonitorDay
from orchestrator.events.digest.pipelines import Survey
from orchestrator.launch.settings import Settings
from orchestrator.plan import layout

logger = Logger(service="orchestrator", child=True)


def send(event: dict[str, Any], settings: Settings, owner: str) -> dict[str, Any]:
    """Send the digest of the event's day, in UTC, unless it has been sent.

    `owner` is the id of the invocation. Raises `OrchestratorError` when a retry may succeed.
    """
    moment = datetime.fromisoformat(event["time"]).astimezone(UTC)
    marker = f"{layout.REPORTED}digest/{moment:%Y-%m-%d}"
    told = claims.once(settings.launch.pipelines_bucket, marker, owner, lambda: _tell(moment, settings))
    logger.info("digest", extra={"day": f"{moment:%Y-%m-%d}", "told": told})
    return {"reported": int(told)}


def _tell(moment: datetime, settings: Settings) -> None:
    survey = pipelines.survey(settings)
    found, unseen = _monitors(survey, settings, moment)
    names = {pipeline.common_name: pipeline.short_name for pipeline in survey.pipelines}
    with_detail, application = settings.allow_detailed_error_message, settings.launch.application
    known = costs.before(moment.date(), application, names, with_detail=with_detail)
    wording = Wording(
        flags=f" --region {settings.launch.region} --stack-name {application}",
        with_detail=with_detail,
        has_stages=settings.multi_account is not None,
    )
    notifications.publish(
        settings.notifications_topic_arn, wording.message(Digest(moment, survey.summaries, found, known, unseen))
    )


def _monitors(survey: Survey, settings: Settings, moment: datetime) -> tuple[list[MonitorDay], str]:
    """Return what monitors did, or why that is not known."""
    try:
        return monitors.days(survey, settings, moment), ""
    except ServiceRefusedError as error:
        logger.warning("monitors not looked at", extra={"error": error.detail}, exc_info=True)
        words = f" {error.detail}" if settings.allow_detailed_error_message else ""
        return [], f"AWS did not {error.doing}.{words}"
