# SPDX-License-Identifier: Apache-2.0
"""Autoscaling of a model's variant, by its load or its backlog and by the clock (Application Auto Scaling)."""

from __future__ import annotations

from typing import Any, Final

from troposphere import (
    And,
    Condition,
    Equals,
    GetAtt,
    If,
    NoValue,
    Ref,
    Sub,
    Template,
    applicationautoscaling,
    cloudwatch,
)

from generator.conditions import if_provided
from generator.parameters import part
from generator.serving import asynchronous, capacity
from generator.serving.components import if_component
from generator.serving.endpoints import ENDPOINT
from orchestrator.pipeline_types.built_in.serving.autoscaling import MOST_SCHEDULES, SEPARATOR
from orchestrator.pipeline_types.built_in.serving.variants import MAIN

TARGET: Final = "ScalableTarget"
POLICY: Final = "ScalingPolicy"
WAKING: Final = "ScaleFromZero"
_FROM_ZERO: Final = "ScalesFromZero"
_NAMESPACE: Final = "AWS/SageMaker"
_COPIES: Final = "sagemaker:inference-component:DesiredCopyCount"
_OF_ENDPOINT: Final[dict[str, Any]] = {"Name": "EndpointName", "Value": GetAtt(ENDPOINT, "EndpointName")}


def add_to(built: Template) -> None:
    """Add the target, with its schedules, and the policies."""
    built.add_resource(target(built))
    built.add_resource(policy(built))
    add_waking(built)


def target(built: Template) -> applicationautoscaling.ScalableTarget:
    """The number of a variant's instances or a component's copies, scaled under AWS's service-linked role."""
    return applicationautoscaling.ScalableTarget(
        TARGET,
        Condition=capacity.autoscaled(built),
        ServiceNamespace="sagemaker",
        ScalableDimension=if_component(built, _COPIES, "sagemaker:variant:DesiredInstanceCount"),
        ResourceId=if_component(
            built,
            Sub(f"inference-component/${{{ENDPOINT}.EndpointName}}"),
            Sub(f"endpoint/${{{ENDPOINT}.EndpointName}}/variant/{MAIN}"),
        ),
        MinCapacity=part("Autoscaling", 0),
        MaxCapacity=part("Autoscaling", 1),
        ScheduledActions=[scheduled(built, f"ScalingSchedule{number}") for number in range(1, MOST_SCHEDULES + 1)],
    )


def scheduled(built: Template, parameter: str) -> If:
    """Other limits from a time on, when the request has them."""
    minimum, maximum, zone, schedule = (part(parameter, place, SEPARATOR) for place in range(4))
    action = applicationautoscaling.ScheduledAction(
        ScheduledActionName=parameter,
        Schedule=schedule,
        Timezone=zone,
        ScalableTargetAction=applicationautoscaling.ScalableTargetAction(MinCapacity=minimum, MaxCapacity=maximum),
    )
    return if_provided(built, parameter, action)


def policy(built: Template) -> applicationautoscaling.ScalingPolicy:
    """Keep the load of an instance, or what waits for it, at what the request says."""
    at_once = applicationautoscaling.PredefinedMetricSpecification(
        PredefinedMetricType=if_component(
            built, "SageMakerInferenceComponentInvocationsPerCopy", "SageMakerVariantInvocationsPerInstance"
        )
    )
    later = applicationautoscaling.CustomizedMetricSpecification(
        Namespace=_NAMESPACE,
        MetricName="ApproximateBacklogSizePerInstance",
        Dimensions=[applicationautoscaling.MetricDimension(**_OF_ENDPOINT)],
        Statistic="Average",
    )
    is_async = asynchronous.is_async(built)
    return applicationautoscaling.ScalingPolicy(
        POLICY,
        Condition=capacity.autoscaled(built),
        PolicyName="load",
        PolicyType="TargetTrackingScaling",
        ScalingTargetId=Ref(TARGET),
        TargetTrackingScalingPolicyConfiguration=applicationautoscaling.TargetTrackingScalingPolicyConfiguration(
            CustomizedMetricSpecification=If(is_async, later, NoValue),
            PredefinedMetricSpecification=If(is_async, NoValue, at_once),
            TargetValue=part("Autoscaling", 2),
            ScaleInCooldown=part("Autoscaling", 3),
            ScaleOutCooldown=part("Autoscaling", 4),
        ),
    )


def add_waking(built: Template) -> None:
    """Add what starts the first instance or copy when a call comes while there is none, which no load tells.

    A component has the endpoint's name, in a dimension of its own.
    https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html
    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-zero-instances.html
    """
    dimension = {**_OF_ENDPOINT, "Name": if_component(built, "InferenceComponentName", "EndpointName")}
    scales = Condition(capacity.autoscaled(built))
    built.add_condition(_FROM_ZERO, And(scales, Equals(part("Autoscaling", 0), "0")))
    built.add_resource(
        applicationautoscaling.ScalingPolicy(
            WAKING,
            Condition=_FROM_ZERO,
            PolicyName="from-zero",
            PolicyType="StepScaling",
            ScalingTargetId=Ref(TARGET),
            StepScalingPolicyConfiguration=applicationautoscaling.StepScalingPolicyConfiguration(
                AdjustmentType="ChangeInCapacity",
                Cooldown=part("Autoscaling", 4),
                StepAdjustments=[
                    applicationautoscaling.StepAdjustment(MetricIntervalLowerBound=0, ScalingAdjustment=1)
                ],
            ),
        )
    )
    built.add_resource(
        cloudwatch.Alarm(
            f"{WAKING}Alarm",
            Condition=_FROM_ZERO,
            AlarmActions=[Ref(WAKING)],
            Namespace=_NAMESPACE,
            MetricName=if_component(built, "NoCapacityInvocationFailures", "HasBacklogWithoutCapacity"),
            Dimensions=[cloudwatch.MetricDimension(**dimension)],
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            Threshold=1,
        )
    )
