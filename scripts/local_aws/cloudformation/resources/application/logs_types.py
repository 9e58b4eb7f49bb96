# SPDX-License-Identifier: Apache-2.0
"""AWS::Logs::LogGroup.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html
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

_NAME_LIMIT = 512
_GONE = "ResourceNotFoundException"


class LogGroup(ResourceType):
    """A log group; Ref is its name."""

    type_name = "AWS::Logs::LogGroup"
    name_property = "LogGroupName"
    replaced_by = frozenset({"LogGroupName", "LogGroupClass"})
    is_tagged = True
    known_properties = names("KmsKeyId LogGroupClass LogGroupName RetentionInDays Tags")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the group with its key, then set how long it keeps events."""
        name = properties.get("LogGroupName") or context.generated_name(_NAME_LIMIT)
        context.call("logs", "create_log_group", logGroupName=name, kmsKeyId=properties.get("KmsKeyId"))
        arn = f"arn:{context.partition}:logs:{context.region}:{context.account}:log-group:{name}:*"
        made = context.initiated(Made(name, {"Arn": arn}))
        return self.update(context, made, {"KmsKeyId": properties.get("KmsKeyId")}, properties)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Set retention, key and tags as far as they differ."""
        name = made.physical_id
        if new.get("RetentionInDays") != old.get("RetentionInDays"):
            if "RetentionInDays" in new:
                days = new["RetentionInDays"]
                context.call("logs", "put_retention_policy", logGroupName=name, retentionInDays=days)
            else:
                context.call("logs", "delete_retention_policy", logGroupName=name)
        if new.get("KmsKeyId") != old.get("KmsKeyId"):
            if "KmsKeyId" in new:
                context.call("logs", "associate_kms_key", logGroupName=name, kmsKeyId=new["KmsKeyId"])
            else:
                context.call("logs", "disassociate_kms_key", logGroupName=name)
        tags = context.tags(new.get("Tags"))
        arn = made.attributes["Arn"].removesuffix(":*")
        if gone := sorted(made.tags.keys() - tags.keys()):
            context.call("logs", "untag_resource", resourceArn=arn, tagKeys=gone)
        if tags:
            context.call("logs", "tag_resource", resourceArn=arn, tags=tags)
        return Made(name, made.attributes, tags)

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the group with its events."""
        with IgnoreMissing(_GONE):
            context.call("logs", "delete_log_group", logGroupName=made.physical_id)
