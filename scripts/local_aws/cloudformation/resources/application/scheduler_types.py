# SPDX-License-Identifier: Apache-2.0
"""AWS::Scheduler::Schedule.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedule.html
"""

from __future__ import annotations

from scripts.local_aws.cloudformation.resources.base import (
    IgnoreMissing,
    Properties,
    ResourceContext,
    ResourceType,
    names,
)
from scripts.local_aws.cloudformation.stacks import Made

_NAME_LIMIT = 64
_GONE = "ResourceNotFoundException"


class SchedulerSchedule(ResourceType):
    """A schedule; Ref is its name. An update sets all of it: what is left out goes back to its default."""

    type_name = "AWS::Scheduler::Schedule"
    name_property = "Name"
    replaced_by = frozenset({"Name", "GroupName"})
    known_properties = names(
        "Description EndDate FlexibleTimeWindow GroupName KmsKeyArn Name ScheduleExpression ScheduleExpressionTimezone "
        "StartDate State Target"
    )

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the schedule."""
        name = properties.get("Name") or context.generated_name(_NAME_LIMIT)
        arn = context.call("scheduler", "create_schedule", **_given(properties, name))["ScheduleArn"]
        return Made(name, {"Arn": arn})

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Set the schedule anew."""
        context.call("scheduler", "update_schedule", **_given(new, made.physical_id))
        return made

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the schedule."""
        with IgnoreMissing(_GONE):
            context.call("scheduler", "delete_schedule", Name=made.physical_id, GroupName=properties.get("GroupName"))


def _given(properties: Properties, name: str) -> Properties:
    return {"State": "ENABLED"} | properties | {"Name": name}
