# SPDX-License-Identifier: Apache-2.0
"""AWS::Events::Rule.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html
"""

from __future__ import annotations

from scripts.local_aws.resources.base import (
    IgnoreMissing,
    Properties,
    ResourceContext,
    ResourceFailure,
    ResourceType,
    names,
    policy_text,
)
from scripts.local_aws.stacks import Made

_NAME_LIMIT = 64
_GONE = "ResourceNotFoundException"


class EventsRule(ResourceType):
    """A rule with its targets; Ref is its name."""

    type_name = "AWS::Events::Rule"
    name_property = "Name"
    replaced_by = frozenset({"Name", "EventBusName"})
    known_properties = names("Description EventBusName EventPattern Name RoleArn ScheduleExpression State Targets")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Put the rule and its targets."""
        name = properties.get("Name") or context.generated_name(_NAME_LIMIT)
        return self.update(context, Made(name), {}, properties)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Put the rule anew, then the targets that are wanted, and remove those that are no longer."""
        pattern = new.get("EventPattern")
        bus = new.get("EventBusName")
        arn = context.call(
            "events",
            "put_rule",
            Name=made.physical_id,
            Description=new.get("Description", ""),
            EventPattern=policy_text(pattern) if pattern is not None else None,
            ScheduleExpression=new.get("ScheduleExpression"),
            State=new.get("State", "ENABLED"),
            RoleArn=new.get("RoleArn"),
            EventBusName=bus,
        )["RuleArn"]
        made = context.initiated(Made(made.physical_id, {"Arn": arn}))
        wanted, present = _target_ids(new), _target_ids(old)
        if wanted:
            answer = context.call(
                "events", "put_targets", Rule=made.physical_id, EventBusName=bus, Targets=new["Targets"]
            )
            for failure in answer.get("FailedEntries", []):
                raise ResourceFailure(f"Target {failure['TargetId']}: {failure.get('ErrorMessage')}")
        if gone := sorted(present - wanted):
            context.call("events", "remove_targets", Rule=made.physical_id, EventBusName=bus, Ids=gone)
        return made

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the targets, then the rule: EventBridge wants them in this order."""
        bus, targets = properties.get("EventBusName"), sorted(_target_ids(properties))
        with IgnoreMissing(_GONE):
            if targets:
                context.call("events", "remove_targets", Rule=made.physical_id, EventBusName=bus, Ids=targets)
            context.call("events", "delete_rule", Name=made.physical_id, EventBusName=bus)


def _target_ids(properties: Properties) -> set[str]:
    return {target["Id"] for target in properties.get("Targets", [])}
