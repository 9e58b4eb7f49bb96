# SPDX-License-Identifier: Apache-2.0
"""Autoscaling of a model's variant, by its load and by the clock (Application Auto Scaling)."""

from __future__ import annotations

from typing import Final

from troposphere import If, Ref, Sub, Template, applicationautoscaling

from generator.conditions import if_provided
from generator.parameters import part
from generator.serving import capacity
from generator.serving.endpoints import ENDPOINT
from orchestrator.pipeline_types.built_in.serving.autoscaling import MOST_SCHEDULES, SEPARATOR
from orchestrator.pipeline_types.built_in.serving.variants import MAIN

TARGET: Final = "ScalableTarget"
POLICY: Final = "ScalingPolicy"


def add_to(built: Template) -> None:
    """Add the target, with its schedules, and the policy."""
    built.add_resource(target(built))
    built.add_resource(policy(built))


def target(built: Template) -> applicationautoscaling.ScalableTarget:
    """The variant's number of instances; Application Auto Scaling works under its service-linked role."""
    return applicationautoscaling.ScalableTarget(
        TARGET,
        Condition=capacity.autoscaled(built),
        ServiceNamespace="sagemaker",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
        ResourceId=Sub(f"endpoint/${{{ENDPOINT}.EndpointName}}/variant/{MAIN}"),
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
    """Keep the load of an instance at what the request says."""
    return applicationautoscaling.ScalingPolicy(
        POLICY,
        Condition=capacity.autoscaled(built),
        PolicyName="load",
        PolicyType="TargetTrackingScaling",
        ScalingTargetId=Ref(TARGET),
        TargetTrackingScalingPolicyConfiguration=applicationautoscaling.TargetTrackingScalingPolicyConfiguration(
            PredefinedMetricSpecification=applicationautoscaling.PredefinedMetricSpecification(
                PredefinedMetricType="SageMakerVariantInvocationsPerInstance"
            ),
            TargetValue=part("Autoscaling", 2),
            ScaleInCooldown=part("Autoscaling", 3),
            ScaleOutCooldown=part("Autoscaling", 4),
        ),
    )
