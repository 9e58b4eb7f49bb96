# SPDX-License-Identifier: Apache-2.0
"""AWS::Events::Rule and EventBusPolicy, AWS::Scheduler::Schedule.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Events.html
"""

from __future__ import annotations

import json
from typing import Any

from scripts.local_aws.cloudformation.resources.api_type import REF, ApiType
from scripts.local_aws.cloudformation.resources.base import Properties, ResourceContext, ResourceFailedError, names
from scripts.local_aws.cloudformation.stacks import Made

_DEFAULT_BUS = "default"


class EventsRule(ApiType):
    """A rule with its targets; Ref is its name. PutRule takes tags for a new rule only."""

    type_name = "AWS::Events::Rule"
    name_property = "Name"
    is_tagged = True
    known_properties = names("Description EventBusName EventPattern Name RoleArn ScheduleExpression State Tags Targets")
    service, creates, updates, deletes = "events", "put_rule", "put_rule", "delete_rule"
    gone = ("ResourceNotFoundException",)
    attributes = {"Arn": "RuleArn"}
    at = {"Name": REF, "Rule": REF, "EventBusName": "EventBusName"}
    defaults = {"Description": "", "State": "ENABLED"}
    tagging, tagged_at = ("tag_resource", "untag_resource"), "ResourceArn"

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Put the declared targets, and remove those no longer declared."""
        place, wanted = self.place(made, new), new.get("Targets") or []
        if wanted and wanted != old.get("Targets"):
            answer = self.send(context, "put_targets", {"Targets": wanted}, place)
            for failure in answer.get("FailedEntries", []):
                raise ResourceFailedError(f"Target {failure['TargetId']}: {failure.get('ErrorMessage')}")
        if gone := sorted(_target_ids(old) - _target_ids(new)):
            self.send(context, "remove_targets", {"Ids": gone}, place)

    def remove(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the targets, then the rule: EventBridge requires this order."""
        self.settle(context, made, properties, properties | {"Targets": []})
        super().remove(context, made, properties)


class EventsBusPolicy(ApiType):
    """Statement of an event bus's policy, written out or by its parts; Ref is `<bus>|<statement>`."""

    type_name = "AWS::Events::EventBusPolicy"
    known_properties = names("Action Condition EventBusName Principal Statement StatementId")
    service, deletes = "events", "remove_permission"
    gone = ("ResourceNotFoundException",)
    at = {"EventBusName": "EventBusName", "StatementId": "StatementId"}

    def name(self, context: ResourceContext, properties: Properties) -> str:
        """Return the bus and the statement's id, which identify it."""
        return f"{properties.get('EventBusName', _DEFAULT_BUS)}|{properties['StatementId']}"

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Put the statement in the place of the one with its id; those of others stay."""
        bus, given = new.get("EventBusName", _DEFAULT_BUS), new
        if "Statement" in new:
            added = new["Statement"] | {"Sid": new["StatementId"]}
            others = [one for one in _statements(context, bus) if one["Sid"] != new["StatementId"]]
            given = {"Policy": {"Version": "2012-10-17", "Statement": [*others, added]}}
        self.send(context, "put_permission", given, {"EventBusName": bus})


class SchedulerSchedule(ApiType):
    """A schedule; Ref is its name. An update sets all of it: what is left out goes back to its default.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedule.html
    """

    type_name = "AWS::Scheduler::Schedule"
    name_property = "Name"
    replaced_by = names("GroupName")
    known_properties = names(
        "Description EndDate FlexibleTimeWindow GroupName KmsKeyArn Name ScheduleExpression ScheduleExpressionTimezone "
        "StartDate State Target"
    )
    service, creates, updates, deletes = "scheduler", "create_schedule", "update_schedule", "delete_schedule"
    gone = ("ResourceNotFoundException",)
    attributes = {"Arn": "ScheduleArn"}
    at = {"Name": REF, "GroupName": "GroupName"}

    def given(self, properties: Properties) -> Properties:
        """Add the default state, without which moto refuses an update."""
        return {"State": "ENABLED"} | properties


def _statements(context: ResourceContext, bus: str) -> list[dict[str, Any]]:
    policy = context.call("events", "describe_event_bus", Name=bus).get("Policy")
    found: list[dict[str, Any]] = json.loads(policy)["Statement"] if policy else []
    return found


def _target_ids(properties: Properties) -> set[str]:
    return {target["Id"] for target in properties.get("Targets") or []}
