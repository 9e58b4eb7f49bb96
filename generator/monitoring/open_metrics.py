# SPDX-License-Identifier: Apache-2.0
"""Metrics of the open engine, and the alarms on those that every monitor has.

The alarms have no actions, as other alarms of pipelines: the orchestrator itself tells people how runs end, and by an
event that runs are missing. In the accounts of dev, staging and prod there is no topic of ours.
"""

from __future__ import annotations

from typing import Any, Final

from troposphere import Ref, Sub, Template, cloudwatch

from generator.conditions import provided
from generator.monitoring import missing_runs
from orchestrator.sagemaker.monitor_alarms import MISSING, VIOLATED

NAMESPACE: Final = "MLOps/Monitors"
"""CloudWatch namespace of the open engine's metrics, as in `monitor_engine/metrics.py`."""
VIOLATIONS: Final = "violations"
"""Metric that every run sends that ends by itself: how many violations it has found."""
_PERIOD: Final = "SchedulePeriodSeconds"
_FIVE_MINUTES: Final = 300


def add_alarms(built: Template) -> None:
    """Add the alarms, and the rule that tells of missing runs."""
    built.add_resource(violations_alarm())
    built.add_resource(missing_alarm(built))
    built.add_resource(missing_runs.forwarding_rule(built, _PERIOD))


def violations_alarm() -> cloudwatch.Alarm:
    """Alarm on violations in the latest run; it keeps its state until the next run has ended.

    The engine sends the metric when a run ends, so a short period holds one run, whatever the schedule.
    """
    return cloudwatch.Alarm(
        VIOLATED,
        AlarmDescription=Sub(
            "The last run of ${MonitoringScheduleName} has found violations: its report, in the stack's output "
            "MonitoringScheduleOutput, shows which"
        ),
        ComparisonOperator="GreaterThanThreshold",
        Threshold=0,
        EvaluationPeriods=1,
        TreatMissingData="ignore",
        Metrics=[measured("found", VIOLATIONS, NAMESPACE, {"Period": _FIVE_MINUTES, "Stat": "Sum"})],
    )


def missing_alarm(built: Template) -> cloudwatch.Alarm:
    """Alarm on runs that fail or do not come for two periods of the schedule.

    Without `FILL` CloudWatch would look at older runs in place of missing ones. The latest period may be filled while a
    run is about to end; two of two are not.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
    """
    runs = measured("runs", VIOLATIONS, NAMESPACE, {"Period": Ref(_PERIOD), "Stat": "SampleCount"}, is_shown=False)
    filled = cloudwatch.MetricDataQuery(
        Id="ended", Label="runs that ended by themselves", Expression="FILL(runs, 0)", ReturnData=True
    )
    return cloudwatch.Alarm(
        MISSING,
        Condition=provided(built, _PERIOD),
        AlarmDescription=Sub(
            "No run of ${MonitoringScheduleName} has ended by itself for two periods of its schedule, or there has "
            "been none yet: runs failed, or are not started"
        ),
        ComparisonOperator="LessThanThreshold",
        Threshold=1,
        EvaluationPeriods=2,
        TreatMissingData="breaching",
        Metrics=[filled, runs],
    )


def measured(
    id_: str, name: str, namespace: str, measure: dict[str, Any], *, is_shown: bool = True
) -> cloudwatch.MetricDataQuery:
    """Query of a metric of this monitor; an alarm looks at the one query that is shown."""
    dimensions = {"Endpoint": "EndpointName", "MonitoringSchedule": "MonitoringScheduleName"}
    metric = cloudwatch.Metric(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[cloudwatch.MetricDimension(Name=key, Value=Ref(value)) for key, value in dimensions.items()],
    )
    stat = cloudwatch.MetricStat(Metric=metric, **measure)
    return cloudwatch.MetricDataQuery(Id=id_, MetricStat=stat, ReturnData=is_shown)
