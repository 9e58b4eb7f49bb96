# SPDX-License-Identifier: Apache-2.0
"""States of alarms on metrics of endpoints: each minute of the clock, the newest periods are compared.

An alarm whose state somebody has set keeps it until there is a newer value. Alarms on other metrics are never judged.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from moto.cloudwatch.models import Alarm

from scripts.local_aws import clock
from scripts.local_aws.cloudwatch import expressions
from scripts.local_aws.cloudwatch.endpoint_metrics import NAMESPACES, as_cloudwatch_has_it
from scripts.local_aws.cloudwatch.expressions import Series, UnknownExpressionError
from scripts.local_aws.cloudwatch.metric_store import MINUTE, STORE, Metric, Place, Values

_SET_BY_HAND: Final = "set_by_hand_at"
_COMPARISONS: Final[Mapping[str, tuple[Callable[[float, float], bool], str]]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


@dataclass(frozen=True)
class _Stat:
    """Statistic of a metric by period, in seconds."""

    metric: Metric
    statistic: str
    period: int


@dataclass(frozen=True)
class _Judgement:
    state: str
    reason: str


def set_by_hand(alarm: Alarm) -> None:
    """Note that somebody has set the state: it stays until there is a newer value."""
    setattr(alarm, _SET_BY_HAND, clock.now())


def judge(alarm: Alarm, end: datetime) -> None:
    """Set the state of an alarm by the newest periods before a full minute, if the local AWS has its metrics."""
    stats = _stats(alarm)
    if not stats or alarm.rule or alarm.comparison_operator not in _COMPARISONS:
        return
    if _waits_for_values(alarm, stats):
        return
    try:
        series = _series(alarm, stats, end)
    except UnknownExpressionError:
        return
    found = _judged(alarm, series)
    if found and found.state != alarm.state_value:
        alarm.update_state(found.reason, _reason_data(alarm, series), found.state)


def newest_value(alarm: Alarm, end: datetime) -> float | None:
    """Return the newest value before a full minute of what an alarm watches; None if there is none of it here."""
    stats = _stats(alarm)
    try:
        values = _series(alarm, stats, end) if stats else []
    except UnknownExpressionError:
        return None
    return next((value for value in reversed(values) if value is not None), None)


def _stats(alarm: Alarm) -> dict[str, _Stat]:
    """Return the metrics of an alarm by id; empty if one of them is none of ours."""
    if not alarm.metric_data_queries:
        metric = _metric(alarm.namespace, alarm.metric_name, alarm.dimensions)
        stats = {"": _Stat(metric, alarm.extended_statistic or alarm.statistic, int(alarm.period or MINUTE))}
    else:
        stats = {
            query.id: _Stat(
                _metric(query.metric_stat.metric.namespace, query.metric_stat.metric.metric_name,
                        query.metric_stat.metric.dimensions),
                query.metric_stat.stat,
                int(query.metric_stat.period),
            )
            for query in alarm.metric_data_queries
            if query.metric_stat is not None
        }  # fmt: skip
    return stats if all(stat.metric.namespace in NAMESPACES for stat in stats.values()) else {}


def _metric(namespace: str, name: str, dimensions: list[Any]) -> Metric:
    return Metric.of(namespace, name, {str(one.name): str(one.value) for one in dimensions})


def _place(alarm: Alarm) -> Place:
    return alarm.alarm_arn.split(":")[4], alarm.region_name


def _waits_for_values(alarm: Alarm, stats: dict[str, _Stat]) -> bool:
    since: datetime | None = getattr(alarm, _SET_BY_HAND, None)
    if since is None:
        return False
    newer = any(STORE.has_newer(_place(alarm), stat.metric, since) for stat in stats.values())
    if newer:
        delattr(alarm, _SET_BY_HAND)
    return not newer


def _series(alarm: Alarm, stats: dict[str, _Stat], end: datetime) -> Series:
    """Return the values of the newest periods, oldest first."""
    number = int(alarm.evaluation_periods)
    known = {name: [_value(alarm, stat, end, back) for back in range(number, 0, -1)] for name, stat in stats.items()}
    if not alarm.metric_data_queries:
        return known[""]
    for query in alarm.metric_data_queries:
        if query.expression:
            known[query.id] = expressions.evaluate(query.expression, known)
    shown = [query.id for query in alarm.metric_data_queries if str(query.return_data).lower() == "true"]
    return known[shown[0] if shown else alarm.metric_data_queries[0].id]


def _value(alarm: Alarm, stat: _Stat, end: datetime, back: int) -> float | None:
    start = end - timedelta(seconds=stat.period * back)
    values = Values()
    for minute in range(max(stat.period // MINUTE, 1)):
        begin = start + timedelta(seconds=minute * MINUTE)
        one = STORE.between(_place(alarm), stat.metric, begin, begin + timedelta(seconds=MINUTE))
        values.counts.update(as_cloudwatch_has_it(stat.metric, one).counts)
    return values.statistic(stat.statistic)


def _judged(alarm: Alarm, series: Series) -> _Judgement | None:
    """Return the new state; None leaves the alarm as it is."""
    present = [value for value in series if value is not None]
    missing = len(series) - len(present)
    treatment = alarm.treat_missing_data or "missing"
    if not present and treatment in ("missing", "ignore"):
        return None if treatment == "ignore" else _Judgement("INSUFFICIENT_DATA", _lack(series))
    compare, words = _COMPARISONS[alarm.comparison_operator]
    breaching = sum(compare(value, float(alarm.threshold)) for value in present)
    breaching += missing if treatment == "breaching" else 0
    needed = int(alarm.datapoints_to_alarm or alarm.evaluation_periods)
    state = "ALARM" if breaching >= needed else "OK"
    shown = ", ".join(str(value) for value in reversed(present)) or "no datapoints"
    crossed = f"{breaching if state == 'ALARM' else len(series) - breaching} out of the last {len(series)} datapoints"
    verb = f"was {words}" if state == "ALARM" else f"was not {words}"
    arrow = "OK -> ALARM" if state == "ALARM" else "ALARM -> OK"
    return _Judgement(
        state,
        f"Threshold Crossed: {crossed} [{shown}] {verb} the threshold ({float(alarm.threshold)}) "
        f"(minimum {needed} datapoint{'s' if needed > 1 else ''} for {arrow} transition).",
    )


def _lack(series: Series) -> str:
    periods = f"{len(series)} period{'' if len(series) == 1 else 's'}"
    return (
        f"Insufficient Data: no datapoints were received for {periods} and the missing data points were treated as "
        "[Missing]."
    )


def _reason_data(alarm: Alarm, series: Series) -> str:
    found = {
        "version": "1.0",
        "queryDate": f"{clock.now():%Y-%m-%dT%H:%M:%S.000+0000}",
        "recentDatapoints": [value for value in series if value is not None],
        "threshold": float(alarm.threshold),
    }
    return json.dumps(found)
