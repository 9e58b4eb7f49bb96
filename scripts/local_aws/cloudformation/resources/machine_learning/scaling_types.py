# SPDX-License-Identifier: Apache-2.0
"""AWS::ApplicationAutoScaling::ScalableTarget and ScalingPolicy.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApplicationAutoScaling.html
"""

from __future__ import annotations

from typing import Any, Final

from scripts.local_aws.cloudformation.resources.api_type import ApiType
from scripts.local_aws.cloudformation.resources.base import Properties, ResourceContext, names
from scripts.local_aws.cloudformation.stacks import Made

_SERVICE: Final = "application-autoscaling"
_PLACE: Final = ("ResourceId", "ScalableDimension", "ServiceNamespace")


class ScalableTarget(ApiType):
    """A target with its scheduled actions; Ref has the three parts of its identity, with bars between."""

    type_name = "AWS::ApplicationAutoScaling::ScalableTarget"
    known_properties = names(
        "MaxCapacity MinCapacity ResourceId RoleARN ScalableDimension ScheduledActions ServiceNamespace SuspendedState"
    )
    service, creates, updates = _SERVICE, "register_scalable_target", "register_scalable_target"
    deletes = "deregister_scalable_target"
    gone = ("ObjectNotFoundException", "ValidationException")

    def made(self, context: ResourceContext, name: str, answer: dict[str, Any]) -> Made:
        """Return the target as it is registered."""
        place = list(answer["place"])
        return Made("|".join(place), {"Id": "|".join(place), **dict(zip(_PLACE, place, strict=True))})

    def make(self, context: ResourceContext, name: str, properties: Properties, tags: dict[str, str]) -> dict[str, Any]:
        """Register the target."""
        answer = self.send(context, self.creates, properties, {})
        return answer | {"place": [properties[part] for part in _PLACE]}

    def place(self, made: Made, properties: Properties) -> dict[str, Any]:
        """Return the three parts of its identity."""
        return dict(zip(_PLACE, made.physical_id.split("|"), strict=True))

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Schedule what is new or differs, and nothing that is gone."""
        place, before = self.place(made, new), _scheduled(old)
        for name, action in _scheduled(new).items():
            if before.pop(name, None) != action:
                context.call(_SERVICE, "put_scheduled_action", **place, **action)
        for name in before:
            context.call(_SERVICE, "delete_scheduled_action", **place, ScheduledActionName=name)


class ScalingPolicy(ApiType):
    """A policy of a target; Ref is its ARN."""

    type_name = "AWS::ApplicationAutoScaling::ScalingPolicy"
    known_properties = names(
        "PolicyName PolicyType ResourceId ScalableDimension ScalingTargetId ServiceNamespace "
        "StepScalingPolicyConfiguration TargetTrackingScalingPolicyConfiguration"
    )
    name_property = "PolicyName"
    service, creates, updates, deletes = _SERVICE, "put_scaling_policy", "put_scaling_policy", "delete_scaling_policy"
    gone = ("ObjectNotFoundException", "ValidationException")
    ref = "PolicyARN"
    attributes = {"Arn": "PolicyARN"}

    def given(self, properties: Properties) -> Properties:
        """Return the properties with the parts of the target's identity."""
        target = properties.get("ScalingTargetId")
        return properties | (dict(zip(_PLACE, target.split("|"), strict=True)) if target else {})

    def place(self, made: Made, properties: Properties) -> dict[str, Any]:
        """Return what identifies the policy: its target, and its name."""
        known = self.given(properties)
        return {name: known.get(name) for name in ("PolicyName", *_PLACE)}


def _scheduled(properties: Properties) -> dict[str, dict[str, Any]]:
    return {action["ScheduledActionName"]: action for action in properties.get("ScheduledActions") or ()}
