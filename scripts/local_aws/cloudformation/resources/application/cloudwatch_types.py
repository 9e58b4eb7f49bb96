# SPDX-License-Identifier: Apache-2.0
"""AWS::CloudWatch::Alarm and Dashboard.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_CloudWatch.html
"""

from __future__ import annotations

import json

from scripts.local_aws.cloudformation.resources.base import (
    IgnoreMissing,
    Properties,
    ResourceContext,
    ResourceFailedError,
    ResourceType,
    names,
)
from scripts.local_aws.cloudformation.stacks import Made

_NAME_LIMIT = 255


class CloudWatchAlarm(ResourceType):
    """An alarm; Ref is its name. An update sets all of it."""

    type_name = "AWS::CloudWatch::Alarm"
    name_property = "AlarmName"
    replaced_by = frozenset({"AlarmName"})
    is_tagged = True
    known_properties = names(
        "ActionsEnabled AlarmActions AlarmDescription AlarmName ComparisonOperator DatapointsToAlarm Dimensions "
        "EvaluateLowSampleCountPercentile EvaluationPeriods ExtendedStatistic InsufficientDataActions MetricName "
        "Metrics Namespace OKActions Period Statistic Tags Threshold ThresholdMetricId TreatMissingData Unit"
    )

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the alarm."""
        name = properties.get("AlarmName") or context.generated_name(_NAME_LIMIT)
        return self.update(context, Made(name), {}, properties)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Set the alarm anew, then its tags: PutMetricAlarm takes tags for a new alarm only."""
        settings = {name: value for name, value in new.items() if name != "Tags"}
        context.call("cloudwatch", "put_metric_alarm", **settings | {"AlarmName": made.physical_id})
        (alarm,) = context.call("cloudwatch", "describe_alarms", AlarmNames=[made.physical_id])["MetricAlarms"]
        arn, tags = alarm["AlarmArn"], context.tags(new.get("Tags"))
        made = context.initiated(Made(made.physical_id, {"Arn": arn}, made.tags))
        if gone := sorted(made.tags.keys() - tags.keys()):
            context.call("cloudwatch", "untag_resource", ResourceARN=arn, TagKeys=gone)
        if tags:
            context.call("cloudwatch", "tag_resource", ResourceARN=arn, Tags=context.tag_list(new.get("Tags")))
        return Made(made.physical_id, made.attributes, tags)

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the alarm; CloudWatch does not mind one that is gone."""
        context.call("cloudwatch", "delete_alarms", AlarmNames=[made.physical_id])


class CloudWatchDashboard(ResourceType):
    """A dashboard; Ref is its name."""

    type_name = "AWS::CloudWatch::Dashboard"
    name_property = "DashboardName"
    replaced_by = frozenset({"DashboardName"})
    # Its tags are not kept: moto has no place for them.
    known_properties = names("DashboardBody DashboardName Tags")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the dashboard."""
        name = properties.get("DashboardName") or context.generated_name(_NAME_LIMIT)
        return self.update(context, Made(name), {}, properties)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Put the whole body, which must be a JSON object."""
        body = new["DashboardBody"]
        try:
            is_object = isinstance(json.loads(body), dict)
        except ValueError:
            is_object = False
        if not is_object:
            raise ResourceFailedError("The field DashboardBody must be a valid JSON object")
        context.call("cloudwatch", "put_dashboard", DashboardName=made.physical_id, DashboardBody=body)
        return made

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the dashboard; one that is gone is no error."""
        with IgnoreMissing("ResourceNotFound"):
            context.call("cloudwatch", "delete_dashboards", DashboardNames=[made.physical_id])
