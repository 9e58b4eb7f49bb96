# SPDX-License-Identifier: Apache-2.0
"""Age of the oldest pending approval, as a metric for an alarm.

CodePipeline cannot list pending approvals, so the state of each pipeline is read. Each check reads the next hundred:
a Region has a thousand at most, all of which are read within the hour over which the alarm takes the maximum.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from aws_lambda_powertools import Logger

from orchestrator import metrics
from orchestrator.aws import parallel
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.errors import OrchestratorError, ServiceRefusedError
from orchestrator.pipeline_types.base import STACK_PREFIX

_EVERY_SECONDS: Final = 300
_ASKED_AT_ONCE: Final = 100

logger = Logger(service="orchestrator", child=True)


def check(event: Mapping[str, Any]) -> None:
    """Write the metric as of the time of EventBridge's scheduled event.

    A failed check is not repeated: the next one follows in five minutes.
    """
    try:
        metrics.seconds(metrics.OLDEST_APPROVAL, _oldest(datetime.fromisoformat(event["time"])))
    except OrchestratorError as error:
        logger.warning("approvals not checked", extra={"error": str(error)}, exc_info=True)


def _oldest(now: datetime) -> float:
    """Return the age of the oldest pending approval in seconds; 0 if there is none."""
    pipelines = [name for name in codepipelines.names() if name.startswith(f"{STACK_PREFIX}-")]
    begun = parallel.each("codepipeline", _waiting_since, _turn(pipelines, int(now.timestamp()) // _EVERY_SECONDS))
    return max((max(0.0, (now - since).total_seconds()) for since in begun if since), default=0.0)


def _turn(pipelines: list[str], number: int) -> list[str]:
    """Return the pipelines to be read by the check with this number."""
    turns = max(1, -(-len(pipelines) // _ASKED_AT_ONCE))
    return pipelines[number % turns :: turns]


def _waiting_since(pipeline: str) -> datetime | None:
    try:
        stages = codepipelines.state(pipeline)["stageStates"]
    except ServiceRefusedError as error:
        if error.code == codepipelines.NOT_THERE:
            return None
        raise
    since = [
        action["latestExecution"]["lastStatusChange"]
        for stage in stages
        for action in stage["actionStates"]
        if codepipelines.awaits_decision(action)
    ]
    return min(since, default=None)
