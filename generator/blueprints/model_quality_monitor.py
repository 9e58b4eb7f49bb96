# SPDX-License-Identifier: Apache-2.0
"""Model quality monitor (compatibility 3.7), with an alarm for a model that is no better than a guess."""

from __future__ import annotations

from typing import Final

from troposphere import Equals, If, Ref, Template, cloudwatch

from generator import deployment
from generator.conditions import if_provided
from generator.monitoring import model_monitor, monitor_inputs, monitors
from generator.monitoring.monitors import MonitorKind
from orchestrator.pipeline_types.built_in.monitors.parameters import ModelQualityMonitorParameters

DEPLOYS: Final = (*monitors.DEPLOYS, deployment.alarms)

_NAMESPACE: Final = "aws/sagemaker/Endpoints/model-metrics"
_PERIOD_SECONDS: Final = 3600
_REGRESSION: Final = "IsRegression"


def template() -> Template:
    """The template."""
    built = Template()
    columns = {
        "inference_attribute": "BaselineInferenceAttribute",
        "probability_attribute": "BaselineProbabilityAttribute",
    }
    kind = MonitorKind(
        prefix="ModelQuality",
        folder="model_quality",
        parameters=ModelQualityMonitorParameters,
        inputs=model_monitor.INPUTS,
        output=model_monitor.OUTPUT,
        baseline_config=model_monitor.constraints(),
        environment=model_monitor.environment(
            analysis_type="MODEL_QUALITY",
            problem_type=Ref("ProblemType"),
            ground_truth_attribute=Ref("BaselineGroundTruthAttribute"),
            **monitor_inputs.given(built, **columns),
            # The probabilities are of no use without it, and it is of none without them.
            probability_threshold_attribute=if_provided(
                built, "BaselineProbabilityAttribute", Ref("ProbabilityThresholdAttribute")
            ),
        ),
        specification={"ProblemType": Ref("ProblemType")},
        endpoint_input={**monitor_inputs.predictions(built), **monitor_inputs.truth(built)},
        job_input=monitor_inputs.ground_truth(),
    )
    description = "a monitor of the quality of an endpoint's predictions."
    monitors.add_to(built, description, kind, monitor_inputs.read_ground_truth())
    built.add_resource(alarm(built))
    return built


def alarm(built: Template) -> cloudwatch.Alarm:
    """A model that is worse than one answer for every record: accuracy below the best such answer's, R2 below 0.

    Both are limits that need no choice. It keeps its state between runs, whose metrics come once each.
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
        _metric("accuracy", "accuracy", returned=False),
        _metric("constant", "accuracy_best_constant_classifier", returned=False),
    ]
    return cloudwatch.Alarm(
        "NoBetterThanAGuessAlarm",
        AlarmDescription="The endpoint's predictions are worse than the same answer for every record",
        ComparisonOperator="LessThanThreshold",
        Threshold=0,
        EvaluationPeriods=1,
        TreatMissingData="ignore",
        Metrics=If(_REGRESSION, [_metric("rsquared", "r2", returned=True)], classification),
    )


def _metric(id_: str, name: str, *, returned: bool) -> cloudwatch.MetricDataQuery:
    dimensions = {"Endpoint": "EndpointName", "MonitoringSchedule": "MonitoringScheduleName"}
    metric = cloudwatch.Metric(
        Namespace=_NAMESPACE,
        MetricName=name,
        Dimensions=[cloudwatch.MetricDimension(Name=key, Value=Ref(value)) for key, value in dimensions.items()],
    )
    stat = cloudwatch.MetricStat(Metric=metric, Period=_PERIOD_SECONDS, Stat="Average")
    return cloudwatch.MetricDataQuery(Id=id_, MetricStat=stat, ReturnData=returned)
