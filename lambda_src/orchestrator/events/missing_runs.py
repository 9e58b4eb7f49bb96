# SPDX-License-Identifier: Apache-2.0
"""Messages for a monitor of the open engine whose runs stop coming, and when they come again.

CloudWatch's events come from the orchestrator's own account, and from those of dev, staging and prod, whose blueprints
forward them. They name the alarm, its states, and the metric with endpoint, schedule and period:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html

A new alarm is on until the monitor's first run. CloudWatch calls its state before that INSUFFICIENT_DATA: nobody is
told of it, nor that it is over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from aws_lambda_powertools import Logger

from orchestrator.aws import claims, notifications
from orchestrator.aws.notifications import Message
from orchestrator.aws.s3 import objects
from orchestrator.launch.settings import Settings
from orchestrator.pipeline_types.base import STACK_PREFIX
from orchestrator.plan import layout
from orchestrator.provisioned import pipeline_stacks
from orchestrator.sagemaker import monitor_alarms, monitor_runs
from orchestrator.sagemaker.monitor_alarms import ALARM, OK

_ALARM: Final = re.compile(rf"(?P<stack>(StackSet-)?{STACK_PREFIX}-.+)-{monitor_alarms.MISSING}-[a-zA-Z0-9]+")
_PERIODS: Final = 2
"""So many periods without a run turn the alarm on."""
_ANY_KIND: Final = "drift"
_OPEN: Final = "missing"
_MOST_KEYS: Final = 1000

logger = Logger(service="orchestrator", child=True)


@dataclass(frozen=True)
class Change:
    """Runs of a monitor that are missing, or come again."""

    account: str
    region: str
    stack: str
    moment: str
    """When the alarm changed, as CloudWatch writes it."""
    is_missing: bool
    endpoint: str
    schedule: str
    period: timedelta
    """The longest time between two runs."""

    @property
    def marker(self) -> str:
        """Key of the marker that says that people were told of this change."""
        return f"{self._markers}{self.moment}"

    @property
    def open_marker(self) -> str:
        """Key of the marker that says that people were told of missing runs, and not yet that they come again."""
        return f"{self._markers}{_OPEN}"

    @property
    def _markers(self) -> str:
        return f"{layout.RUNS_MISSING}{self.account}/{self.stack}/"

    def message(self, stage: str) -> Message:
        """Return the message to publish."""
        pipeline = pipeline_stacks.common_name_by_deployed(self.stack)
        type_name, label = pipeline_stacks.type_and_label(pipeline)
        kind = monitor_runs.kind_in(self.schedule) or _ANY_KIND
        place = {
            "Endpoint": self.endpoint,
            "Monitoring schedule": self.schedule,
            "Account": self.account,
            "Region": self.region,
            **self._since(),
            "Stack": self.stack,
        }
        lines = "\n".join(f"{name}: {value}" for name, value in place.items())
        what = "runs are missing" if self.is_missing else "runs come again"
        return Message(
            f"MLOps {kind} monitor, {what}: {self.endpoint}",
            f"{self._first(kind)}\n\n{lines}\n\n{self._next}",
            type_name,
            label,
            stage,
            "Missing" if self.is_missing else "Resumed",
        )

    def _since(self) -> dict[str, str]:
        if not self.is_missing:
            return {"Since": self.moment}
        begin = datetime.fromisoformat(self.moment) - _PERIODS * self.period
        return {"No run since": f"{begin:%Y-%m-%d %H:%M} UTC, or longer"}

    def _first(self, kind: str) -> str:
        monitor = f"The {kind} monitor of endpoint {self.endpoint}"
        if not self.is_missing:
            return f"{monitor} does its runs again: one has ended by itself."
        return f"{monitor} is blind: for {_PERIODS} periods of its schedule no run has ended by itself."

    @property
    def _next(self) -> str:
        if not self.is_missing:
            return (
                "Next: nothing. What was not looked at meanwhile, a run on demand can: mlops monitor run, with --start."
            )
        return (
            "Next: mlops status says whether the schedule is there and enabled, mlops monitor list what became of the "
            "last runs. Each run that failed has been a message; a run that found no baseline counts as missing. "
            "If none was started, look in that account at the ScheduleRole of the stack, at the metrics of "
            "EventBridge Scheduler (AWS/Scheduler) and at SageMaker's quotas for processing jobs. You hear when runs "
            "come again."
        )


def alarm_changed(event: dict[str, Any], settings: Settings, owner: str) -> dict[str, Any]:
    """Tell of runs that stop coming, or come again, once; any other event is ignored.

    `owner` is the id of the invocation. Raises `OrchestratorError` when a retry may succeed.
    """
    change = _change(event)
    if change is None:
        logger.info("ignored", extra={"resources": event.get("resources")})
        return {"reported": 0}
    told: list[bool] = []
    bucket = settings.launch.pipelines_bucket
    claims.once(bucket, change.marker, owner, lambda: told.append(_tell(change, settings, owner)))
    logger.info("runs of a monitor", extra={"schedule": change.schedule, "missing": change.is_missing, "told": told})
    return {"reported": sum(told)}


@dataclass(frozen=True)
class Missing:
    """A monitor of whose missing runs people were told, and not yet that they come again."""

    account: str
    stack: str
    since: str
    """When its alarm changed last, as CloudWatch writes it; empty if that marker has expired."""


def still_missing(bucket: str) -> Iterator[Missing]:
    """Yield the monitors whose runs are missing, by the markers; their stacks may be gone since."""
    moments: dict[tuple[str, str], str] = {}
    after, found = "", [""]
    while found:
        found = objects.keys(bucket, layout.RUNS_MISSING, _MOST_KEYS, after)
        for key in found:
            account, stack, ending = key.removeprefix(layout.RUNS_MISSING).split("/", 2)
            # Times begin with a digit: in S3's order they all come before the marker that is left.
            if ending == _OPEN:
                yield Missing(account, stack, moments.get((account, stack), ""))
            else:
                moments[account, stack] = ending
        after = found[-1] if found else ""


def _tell(change: Change, settings: Settings, owner: str) -> bool:
    """Publish the message; return whether there was one to publish. Markers expire, and so do good news."""
    bucket = settings.launch.pipelines_bucket
    was_told = claims.is_there(bucket, change.open_marker, owner)
    is_news = change.is_missing or was_told
    if is_news:
        message = change.message(settings.stage_of(change.account))
        notifications.publish(settings.notifications_topic_arn, message)
    if not change.is_missing:
        claims.forget(bucket, change.open_marker)
    return is_news


def _change(event: Mapping[str, Any]) -> Change | None:
    """Read the event; `None` for an alarm that is none of ours, and a change of which nobody needs to hear."""
    detail = event["detail"]
    named = _ALARM.fullmatch(detail["alarmName"])
    states = detail["previousState"]["value"], detail["state"]["value"]
    measured = next(_measured(detail), None)
    if named is None or states not in {(OK, ALARM), (ALARM, OK)} or measured is None:
        return None
    dimensions = measured["metric"]["dimensions"]
    return Change(
        account=event["account"],
        region=event["region"],
        stack=named["stack"],
        moment=detail["state"]["timestamp"],
        is_missing=states == (OK, ALARM),
        endpoint=dimensions["Endpoint"],
        schedule=dimensions["MonitoringSchedule"],
        period=timedelta(seconds=measured["period"]),
    )


def _measured(detail: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The metrics of the alarm, beside expressions on them."""
    return (one["metricStat"] for one in detail["configuration"]["metrics"] if "metricStat" in one)
