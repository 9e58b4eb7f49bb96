# SPDX-License-Identifier: Apache-2.0
"""AWS::Events::Rule and EventBusPolicy.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Events.html
"""

from __future__ import annotations

import json
from typing import Any

from scripts.local_aws.cloudformation.resources.base import (
    IgnoreMissing,
    Properties,
    ResourceContext,
    ResourceFailedError,
    ResourceType,
    names,
    policy_text,
)
from scripts.local_aws.cloudformation.stacks import Made

_NAME_LIMIT = 64
_GONE = "ResourceNotFoundException"
_DEFAULT_BUS = "default"


class EventsRule(ResourceType):
    """A rule with its targets; Ref is its name."""

    type_name = "AWS::Events::Rule"
    name_property = "Name"
    replaced_by = frozenset({"Name", "EventBusName"})
    is_tagged = True
    known_properties = names("Description EventBusName EventPattern Name RoleArn ScheduleExpression State Tags Targets")

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
        made = context.initiated(Made(made.physical_id, {"Arn": arn}, made.tags))
        made = _tagged(context, made, new)
        wanted, present = _target_ids(new), _target_ids(old)
        if wanted:
            answer = context.call(
                "events", "put_targets", Rule=made.physical_id, EventBusName=bus, Targets=new["Targets"]
            )
            for failure in answer.get("FailedEntries", []):
                raise ResourceFailedError(f"Target {failure['TargetId']}: {failure.get('ErrorMessage')}")
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


class EventsBusPolicy(ResourceType):
    """One statement of an event bus's policy, written out or by its parts; Ref is `<bus>|<statement>`."""

    type_name = "AWS::Events::EventBusPolicy"
    replaced_by = frozenset({"EventBusName", "StatementId"})
    known_properties = names("Action Condition EventBusName Principal Statement StatementId")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Add the statement."""
        identifier = f"{properties.get('EventBusName', _DEFAULT_BUS)}|{properties['StatementId']}"
        return self.update(context, Made(identifier), {}, properties)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Put the statement in the place of the one with its id; those of others stay."""
        bus = new.get("EventBusName", _DEFAULT_BUS)
        if "Statement" in new:
            added = new["Statement"] | {"Sid": new["StatementId"]}
            others = [one for one in _statements(context, bus) if one["Sid"] != new["StatementId"]]
            policy = policy_text({"Version": "2012-10-17", "Statement": [*others, added]})
            context.call("events", "put_permission", EventBusName=bus, Policy=policy)
        else:
            parts = {name: new.get(name) for name in ("Action", "Condition", "Principal", "StatementId")}
            context.call("events", "put_permission", EventBusName=bus, **parts)
        return made

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Take the statement away."""
        with IgnoreMissing(_GONE):
            bus = properties.get("EventBusName", _DEFAULT_BUS)
            context.call("events", "remove_permission", EventBusName=bus, StatementId=properties["StatementId"])


def _tagged(context: ResourceContext, made: Made, properties: Properties) -> Made:
    """The rule with the tags that it is to have now: PutRule takes tags for a new rule only."""
    arn, tags = made.attributes["Arn"], context.tags(properties.get("Tags"))
    if gone := sorted(made.tags.keys() - tags.keys()):
        context.call("events", "untag_resource", ResourceARN=arn, TagKeys=gone)
    if tags:
        context.call("events", "tag_resource", ResourceARN=arn, Tags=context.tag_list(properties.get("Tags")))
    return Made(made.physical_id, made.attributes, tags)


def _statements(context: ResourceContext, bus: str) -> list[dict[str, Any]]:
    policy = context.call("events", "describe_event_bus", Name=bus).get("Policy")
    found: list[dict[str, Any]] = json.loads(policy)["Statement"] if policy else []
    return found


def _target_ids(properties: Properties) -> set[str]:
    return {target["Id"] for target in properties.get("Targets", [])}
