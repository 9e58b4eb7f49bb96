# SPDX-License-Identifier: Apache-2.0
"""The alarm of model quality, on the metrics of either engine."""

from __future__ import annotations

from typing import Final

from troposphere import Equals, If, Ref, Template, cloudwatch

from generator.monitoring.open_metrics import measured

_MEASURE: Final = {"Period": 3600, "Stat": "Average"}
_REGRESSION: Final = "IsRegression"


def alarm(built: Template, namespace: str) -> cloudwatch.Alarm:
    """A model that is worse than one answer for every record: accuracy below the best such answer's, R2 below 0.

    `namespace` is that of the engine's metrics. Both are limits that need no choice. It keeps its state between runs,
    whose metrics come once each.
    https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html
    """
    built.add_condition(_REGRESSION, Equals(Ref("ProblemType"), "Regression"))
    difference = cloudwatch.MetricDataQuery(
        Id="better",
        Label="accuracy above that of the best constant answer",
        Expression="accuracy - constant",
        ReturnData=True,
    )
    classification = [
        difference,
        measured("accuracy", "accuracy", namespace, _MEASURE, is_shown=False),
        measured("constant", "accuracy_best_constant_classifier", namespace, _MEASURE, is_shown=False),
    ]
    return cloudwatch.Alarm(
        "NoBetterThanAGuessAlarm",
        AlarmDescription="The endpoint's predictions are worse than the same answer for every record",
        ComparisonOperator="LessThanThreshold",
        Threshold=0,
        EvaluationPeriods=1,
        TreatMissingData="ignore",
        Metrics=If(_REGRESSION, [measured("rsquared", "r2", namespace, _MEASURE)], classification),
    )
