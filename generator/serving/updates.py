# SPDX-License-Identifier: Apache-2.0
"""Safe updates of an endpoint: how traffic moves to a new model, and the alarms that take it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from awacs import cloudwatch as cloudwatch_actions
from troposphere import (
    Condition,
    Equals,
    If,
    Not,
    NoValue,
    Or,
    Ref,
    Sub,
    Template,
    cloudwatch,
    sagemaker,
)

from generator import arns, permissions
from generator.conditions import if_provided
from generator.parameters import part
from orchestrator.pipeline_types.built_in.serving.deployments import MOST_NAMED

_DEPLOYMENT: Final = "Deployment"
_TYPE, _SIZE_TYPE, _SIZE, _WAIT, _MAXIMUM = range(5)
"""What that parameter holds, in this order (`Update.policy`)."""
_LIMITS: Final = "AlarmLimits"
_NAMED: Final = "RollbackAlarms"
_ROLLS: Final = "RollingUpdate"
_WATCHED: Final = "RollbackWatched"


@dataclass(frozen=True)
class _Watch:
    """An alarm on one metric of the model's own variant."""

    name: str
    condition: str
    metric: str
    description: str
    namespace: str = "AWS/SageMaker"


_WATCHES: Final = (
    _Watch("EndpointErrorsAlarm", "ErrorsWatched", "Invocation5XXErrors", "ends too many calls in errors (5xx)"),
    _Watch("EndpointLatencyAlarm", "LatencyWatched", "ModelLatency", "takes too long to answer"),
    _Watch("EndpointCpuAlarm", "CpuWatched", "CPUUtilization", "keeps its cores too busy", "/aws/sagemaker/Endpoints"),
)
"""In the order of the limits."""


def add_to(built: Template, variant: str) -> None:
    """Add the alarms; each is there before the endpoint, which names it.

    A fraction of calls is the average of the metric of errors, which is 1 or 0 for each.
    https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
    """
    for index, watch in enumerate(_WATCHES):
        built.add_condition(watch.condition, Not(Equals(part(_LIMITS, index), "0")))
        built.add_resource(
            cloudwatch.Alarm(
                watch.name,
                Condition=watch.condition,
                AlarmDescription=Sub(f"The model of ${{EndpointName}} {watch.description}"),
                Namespace=watch.namespace,
                MetricName=watch.metric,
                Dimensions=[
                    cloudwatch.MetricDimension(Name="EndpointName", Value=Ref("EndpointName")),
                    cloudwatch.MetricDimension(Name="VariantName", Value=variant),
                ],
                Statistic="Average",
                Period=60,
                EvaluationPeriods=1,
                ComparisonOperator="GreaterThanThreshold",
                Threshold=part(_LIMITS, index),
                TreatMissingData="notBreaching",
            )
        )


def watch_alarms(built: Template) -> Any:
    """Policy of the model's role to look at alarms, those of others too, when updates are watched.

    https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html
    """
    statement = permissions.allow([cloudwatch_actions.DescribeAlarms], arns.regional("cloudwatch", "alarm:*"))
    return if_provided(built, _DEPLOYMENT, permissions.policy("RollbackAlarms", statement))


def endpoint_properties(built: Template) -> dict[str, Any]:
    """Property of the endpoint that says how it is updated; absent, it is all at once."""
    built.add_condition(_ROLLS, Equals(part(_DEPLOYMENT, _TYPE), "ROLLING"))
    config = sagemaker.DeploymentConfig(
        AutoRollbackConfiguration=_rollback(built),
        BlueGreenUpdatePolicy=If(_ROLLS, NoValue, _blue_green(built)),
        RollingUpdatePolicy=If(_ROLLS, _rolling(), NoValue),
    )
    return {"DeploymentConfig": if_provided(built, _DEPLOYMENT, config)}


def _size() -> sagemaker.CapacitySize:
    return sagemaker.CapacitySize(Type=part(_DEPLOYMENT, _SIZE_TYPE), Value=part(_DEPLOYMENT, _SIZE))


def _blue_green(built: Template) -> sagemaker.BlueGreenUpdatePolicy:
    for condition, type_ in (("CanaryUpdate", "CANARY"), ("LinearUpdate", "LINEAR")):
        built.add_condition(condition, Equals(part(_DEPLOYMENT, _TYPE), type_))
    return sagemaker.BlueGreenUpdatePolicy(
        MaximumExecutionTimeoutInSeconds=part(_DEPLOYMENT, _MAXIMUM),
        TrafficRoutingConfiguration=sagemaker.TrafficRoutingConfig(
            Type=part(_DEPLOYMENT, _TYPE),
            CanarySize=If("CanaryUpdate", _size(), NoValue),
            LinearStepSize=If("LinearUpdate", _size(), NoValue),
            WaitIntervalInSeconds=part(_DEPLOYMENT, _WAIT),
        ),
    )


def _rolling() -> sagemaker.RollingUpdatePolicy:
    return sagemaker.RollingUpdatePolicy(
        MaximumBatchSize=_size(),
        MaximumExecutionTimeoutInSeconds=part(_DEPLOYMENT, _MAXIMUM),
        WaitIntervalInSeconds=part(_DEPLOYMENT, _WAIT),
    )


def _rollback(built: Template) -> If:
    """The alarms that are made, and those of others; SageMaker takes no empty list of them."""
    own = [If(watch.condition, sagemaker.Alarm(AlarmName=Ref(watch.name)), NoValue) for watch in _WATCHES]
    named = [f"RollbackAlarm{place + 1}Named" for place in range(MOST_NAMED)]
    for place, condition in enumerate(named):
        built.add_condition(condition, Not(Equals(part(_NAMED, place), "")))
    others = [
        If(condition, sagemaker.Alarm(AlarmName=part(_NAMED, place)), NoValue) for place, condition in enumerate(named)
    ]
    built.add_condition(_WATCHED, Or(*(Condition(one) for one in (*(each.condition for each in _WATCHES), named[0]))))
    return If(_WATCHED, sagemaker.AutoRollbackConfig(Alarms=[*own, *others]), NoValue)
