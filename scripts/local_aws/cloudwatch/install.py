# SPDX-License-Identifier: Apache-2.0
"""CloudWatch on the local AWS: alarms on endpoints are judged each minute of the clock; percentiles are computed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend, Dimension, MetricDatum, Statistics, cloudwatch_backends

from scripts.local_aws import clock
from scripts.local_aws.cloudwatch import alarm_states
from scripts.local_aws.cloudwatch.endpoint_metrics import EndpointDatum
from scripts.local_aws.cloudwatch.metric_store import MINUTE, STORE, Values

_moto_set_alarm_state = CloudWatchBackend.set_alarm_state
_moto_statistic = Statistics.get_statistics_for_type


def install() -> None:
    """Judge alarms from now on."""
    backend: Any = CloudWatchBackend
    backend.set_alarm_state = _set_alarm_state
    statistics: Any = Statistics
    statistics.get_statistics_for_type = _statistic
    dimension: Any = Dimension
    # moto compares values with names, so that two dimensions in another order are not the same to GetMetricData.
    dimension.__lt__ = lambda one, other: (one.name, one.value) < (other.name, other.value)
    STORE.clear()
    clock.every(MINUTE, judge_all)


def shutdown() -> None:
    """Forget all metrics; the clock's own end ends the judging."""
    STORE.clear()


def judge_all(end: datetime) -> None:
    """Judge each alarm by the minutes before a full one."""
    for regions in list(cloudwatch_backends.values()):
        for backend in list(regions.values()):
            for alarm in list(backend.alarms.values()):
                alarm_states.judge(alarm, end)


def _set_alarm_state(backend: Any, alarm_name: str, reason: str, reason_data: str, state_value: str) -> None:
    """Set an alarm's state for somebody, who wants it to last until there is a newer value."""
    if alarm_name in backend.alarms:
        alarm_states.set_by_hand(backend.alarms[alarm_name])
    _moto_set_alarm_state(backend, alarm_name, reason, reason_data, state_value)


def _statistic(statistics: Any, stat: str) -> Any:
    """Compute a percentile, which moto does not know, or let moto compute what it knows."""
    if not stat.startswith("p"):
        return _moto_statistic(statistics, stat)
    values = Values()
    for datum in statistics.metric_data:
        if isinstance(datum, EndpointDatum):
            values.counts.update(datum.values.counts)
        elif isinstance(datum, MetricDatum):
            values.counts[datum.value] += 1
    return values.statistic(stat)
