# SPDX-License-Identifier: Apache-2.0
"""AWS::CloudWatch::Alarm and Dashboard, AWS::Logs::LogGroup, AWS::ResourceGroups::Group.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_CloudWatch.html
"""

from __future__ import annotations

import json

from scripts.local_aws.cloudformation.resources.api_type import REF, ApiType, Setting
from scripts.local_aws.cloudformation.resources.base import Properties, ResourceFailedError, names
from scripts.local_aws.cloudformation.stacks import Made


class CloudWatchAlarm(ApiType):
    """An alarm; Ref is its name. PutMetricAlarm takes tags for a new one only."""

    type_name = "AWS::CloudWatch::Alarm"
    name_property = "AlarmName"
    is_tagged = True
    known_properties = names(
        "ActionsEnabled AlarmActions AlarmDescription AlarmName ComparisonOperator DatapointsToAlarm Dimensions "
        "EvaluateLowSampleCountPercentile EvaluationPeriods ExtendedStatistic InsufficientDataActions MetricName "
        "Metrics Namespace OKActions Period Statistic Tags Threshold ThresholdMetricId TreatMissingData Unit"
    )
    service, creates, updates, deletes = "cloudwatch", "put_metric_alarm", "put_metric_alarm", "delete_alarms"
    name_limit = 255
    arn = "alarm:{}"
    at = {"AlarmName": REF, "AlarmNames": (REF,)}
    tagging, tagged_at = ("tag_resource", "untag_resource"), "ResourceArn"


class CloudWatchDashboard(ApiType):
    """A dashboard; Ref is its name. Its tags are not kept: moto has no place for them."""

    type_name = "AWS::CloudWatch::Dashboard"
    name_property = "DashboardName"
    known_properties = names("DashboardBody DashboardName Tags")
    service, creates, updates, deletes = "cloudwatch", "put_dashboard", "put_dashboard", "delete_dashboards"
    gone = ("ResourceNotFound",)
    name_limit = 255
    at = {"DashboardName": REF, "DashboardNames": (REF,)}

    def check(self, properties: Properties) -> None:
        """Also refuse a body that is not a JSON object."""
        super().check(properties)
        try:
            is_object = isinstance(json.loads(properties["DashboardBody"]), dict)
        except ValueError:
            is_object = False
        if not is_object:
            raise ResourceFailedError("The field DashboardBody must be a valid JSON object")


class LogGroup(ApiType):
    """A log group; Ref is its name."""

    type_name = "AWS::Logs::LogGroup"
    name_property = "LogGroupName"
    replaced_by = names("LogGroupClass")
    is_tagged = True
    known_properties = names("KmsKeyId LogGroupClass LogGroupName RetentionInDays Tags")
    service, creates, deletes = "logs", "create_log_group", "delete_log_group"
    gone = ("ResourceNotFoundException",)
    name_limit = 512
    arn = "log-group:{}:*"
    settings = {
        "RetentionInDays": Setting("put_retention_policy", "delete_retention_policy"),
        "KmsKeyId": Setting("associate_kms_key", "disassociate_kms_key"),
    }
    tagging, tagged_at = ("tag_resource", "untag_resource"), "ResourceArn"

    def tagged_arn(self, made: Made) -> str:
        """Tags are about the group, not about the streams in it."""
        return super().tagged_arn(made).removesuffix(":*")


class ResourceGroup(ApiType):
    """A group by a query; Ref is its name. What was in it stays."""

    type_name = "AWS::ResourceGroups::Group"
    name_property = "Name"
    known_properties = names("Description Name ResourceQuery Tags")
    service, creates, updates, deletes = "resource-groups", "create_group", "update_group", "delete_group"
    gone = ("NotFoundException",)
    attributes = {"Arn": "Group.GroupArn"}
    at = {"Name": REF, "GroupName": REF}
    defaults = {"Description": ""}
    settings = {"ResourceQuery": Setting("update_group_query")}
