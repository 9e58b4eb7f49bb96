# SPDX-License-Identifier: Apache-2.0
"""CloudWatch's events about alarms whose state changes, by SetAlarmState or by their metrics.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from moto.cloudwatch.models import Alarm, MetricDataQuery

from scripts.local_aws.eventbridge import events

_CHANGE: Final = "CloudWatch Alarm State Change"
_HOOK: Final = "update_state"
_update_state: Callable[[Alarm, str, str, str], None] = Alarm.update_state
_listeners: list[Callable[[Alarm], None]] = []


def listen(listener: Callable[[Alarm], None]) -> None:
    """Call somebody with each alarm whose state has changed. Repeating it changes nothing."""
    if listener not in _listeners:
        _listeners.append(listener)


def install() -> None:
    """Have moto's alarms tell of their changes; moto has no hook here."""
    setattr(Alarm, _HOOK, _updated)


def shutdown() -> None:
    """Leave moto as it was."""
    setattr(Alarm, _HOOK, _update_state)


def _updated(alarm: Alarm, reason: str, reason_data: str, value: str) -> None:
    previous = _state(alarm)
    _update_state(alarm, reason, reason_data, value)
    if previous["value"] == value:
        return
    account = alarm.alarm_arn.split(":")[4]
    queries = [_query(query) for query in alarm.metric_data_queries]
    detail = {
        "alarmName": alarm.name,
        "configuration": {"description": alarm.description or "", "metrics": queries},
        "previousState": previous,
        "state": _state(alarm),
    }
    events.emit("aws.cloudwatch", _CHANGE, detail, [alarm.alarm_arn], account, alarm.region_name)
    for listener in _listeners:
        listener(alarm)


def _state(alarm: Alarm) -> dict[str, str]:
    changed: datetime = alarm.state_updated_timestamp
    moment = f"{changed:%Y-%m-%dT%H:%M:%S}.{changed.microsecond // 1000:03}+0000"
    given = {"reasonData": alarm.state_reason_data} if alarm.state_reason_data else {}
    return {"value": alarm.state_value, "reason": alarm.state_reason, "timestamp": moment, **given}


def _query(query: MetricDataQuery) -> dict[str, Any]:
    returned = {"id": query.id, "returnData": str(query.return_data).lower() == "true"}
    if query.metric_stat is None:
        return {**returned, "expression": query.expression, "label": query.label or ""}
    metric = query.metric_stat.metric
    dimensions = {dimension.name: dimension.value for dimension in metric.dimensions}
    named = {"dimensions": dimensions, "name": metric.metric_name, "namespace": metric.namespace}
    stat = {"metric": named, "period": int(query.metric_stat.period), "stat": query.metric_stat.stat}
    return {**returned, "metricStat": stat}
