# SPDX-License-Identifier: Apache-2.0
"""Alarms of the solution itself, which notify the subscribers of the topic when they begin and end.

There are few, because each costs money: server errors of the API, failures of the functions, events that could not be
processed and, where there are approvals, one that is undecided for long.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from troposphere import GetAtt, Ref, Sub, Template, cloudwatch

from generator.resources import rest_apis
from generator.root import api
from generator.root.observability import notifications
from orchestrator import metrics

_FIVE_MINUTES: Final = 300
_ONE_HOUR: Final = 3600
_ERRORS: Final = "AlarmErrorCount"
_HOURS: Final = "ApprovalAlarmHours"


def add_to(template: Template, functions: Sequence[str]) -> None:
    """Add the alarms on API, functions and queue."""
    template.add_resource(api_alarm())
    template.add_resource(functions_alarm(functions))
    template.add_resource(dead_letters_alarm())


def api_alarm() -> cloudwatch.Alarm:
    """Alarm on calls of the API that ended in a server error."""
    metric = _metric("AWS/ApiGateway", "5XXError", ApiName=Sub(api.API.full_name()), Stage=rest_apis.STAGE)
    return _alarm(
        "ApiErrorsAlarm",
        "The API answered with server errors; the log group of the function Orchestrator has the reasons.",
        [_measured("errors", metric, _FIVE_MINUTES, "Sum")],
        Ref(_ERRORS),
    )


def functions_alarm(functions: Sequence[str]) -> cloudwatch.Alarm:
    """Alarm on failed and throttled invocations of all functions together."""
    measured = [
        _measured(
            f"{name.lower()}{number}",
            _metric("AWS/Lambda", name, FunctionName=Ref(function)),
            _FIVE_MINUTES,
            "Sum",
            is_shown=False,
        )
        for number, function in enumerate(functions)
        for name in ("Errors", "Throttles")
    ]
    total = " + ".join(f"FILL({query.Id}, 0)" for query in measured)
    return _alarm(
        "FunctionErrorsAlarm",
        "Functions failed or were throttled; their log groups, or the account's concurrency, tell why.",
        [*measured, cloudwatch.MetricDataQuery(Id="total", Label="Errors and throttles", Expression=total)],
        Ref(_ERRORS),
    )


def dead_letters_alarm() -> cloudwatch.Alarm:
    """Alarm on events that could not be processed: about each, somebody waits for a notification."""
    metric = _metric(
        "AWS/SQS", "ApproximateNumberOfMessagesVisible", QueueName=GetAtt(notifications.DEAD_LETTERS, "QueueName")
    )
    return _alarm(
        "DeadLettersAlarm",
        "Events could not be processed and wait in the dead-letter queue; send them again when the cause is gone.",
        [_measured("waiting", metric, _FIVE_MINUTES, "Maximum")],
        1,
    )


def approvals_alarm() -> cloudwatch.Alarm:
    """Alarm on an approval that is undecided for hours. To ask all pipelines of a Region takes up to an hour."""
    metric = _metric(metrics.NAMESPACE, metrics.OLDEST_APPROVAL, service=Ref("AWS::StackName"))
    return _alarm(
        "StuckApprovalAlarm",
        "An approval waits for a decision for too long; GET /pipelines, or mlops list, tells which.",
        [
            _measured("oldest", metric, _ONE_HOUR, "Maximum", is_shown=False),
            cloudwatch.MetricDataQuery(
                Id="hours", Label="Hours that the oldest approval waits", Expression=f"oldest / {_ONE_HOUR}"
            ),
        ],
        Ref(_HOURS),
    )


def _metric(namespace: str, name: str, **dimensions: Any) -> cloudwatch.Metric:
    listed = [cloudwatch.MetricDimension(Name=key, Value=value) for key, value in dimensions.items()]
    return cloudwatch.Metric(Namespace=namespace, MetricName=name, Dimensions=listed)


def _measured(
    id_: str, metric: cloudwatch.Metric, seconds: int, statistic: str, *, is_shown: bool = True
) -> cloudwatch.MetricDataQuery:
    """Query of one metric; an alarm looks at the one query that is shown."""
    hidden = {} if is_shown else {"ReturnData": False}
    measured = cloudwatch.MetricStat(Metric=metric, Period=seconds, Stat=statistic)
    return cloudwatch.MetricDataQuery(Id=id_, MetricStat=measured, **hidden)


def _alarm(
    title: str, description: str, queries: Sequence[cloudwatch.MetricDataQuery], threshold: Any
) -> cloudwatch.Alarm:
    return cloudwatch.Alarm(
        title,
        AlarmDescription=Sub(f"${{AWS::StackName}}: {description}"),
        Metrics=list(queries),
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        Threshold=threshold,
        EvaluationPeriods=1,
        TreatMissingData="notBreaching",
        AlarmActions=[Ref(notifications.TOPIC)],
        OKActions=[Ref(notifications.TOPIC)],
    )
