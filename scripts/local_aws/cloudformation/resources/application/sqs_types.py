# SPDX-License-Identifier: Apache-2.0
"""AWS::SQS::Queue and AWS::SQS::QueuePolicy.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SQS.html
"""

from __future__ import annotations

from typing import Any

from scripts.local_aws.cloudformation.resources.base import (
    IgnoreMissing,
    Properties,
    ResourceContext,
    ResourceType,
    names,
    policy_text,
)
from scripts.local_aws.cloudformation.resources.resource_policies import ResourcePolicy
from scripts.local_aws.cloudformation.stacks import Made

_NAME_LIMIT = 80
_GONE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
# Attribute: SQS's own default, which a property that is taken away goes back to.
_ATTRIBUTES = {
    "DelaySeconds": "0",
    "KmsDataKeyReusePeriodSeconds": "300",
    "KmsMasterKeyId": "",
    "MaximumMessageSize": "262144",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "RedriveAllowPolicy": "",
    "RedrivePolicy": "",
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "30",
}


class SqsQueue(ResourceType):
    """A standard queue; Ref is its URL."""

    type_name = "AWS::SQS::Queue"
    name_property = "QueueName"
    replaced_by = frozenset({"QueueName"})
    is_tagged = True
    known_properties = names("QueueName Tags " + " ".join(_ATTRIBUTES))

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the queue."""
        name = properties.get("QueueName") or context.generated_name(_NAME_LIMIT)
        url = context.call("sqs", "create_queue", QueueName=name)["QueueUrl"]
        arn = f"arn:{context.partition}:sqs:{context.region}:{context.account}:{name}"
        made = context.initiated(Made(url, {"Arn": arn, "QueueName": name, "QueueUrl": url}))
        return self.update(context, made, {}, properties)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Set the attributes that differ and the tags."""
        changed = {
            name: _text(new.get(name, default))
            for name, default in _ATTRIBUTES.items()
            if new.get(name) != old.get(name)
        }
        url = made.physical_id
        if changed:
            context.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes=changed)
        tags = context.tags(new.get("Tags"))
        if gone := sorted(made.tags.keys() - tags.keys()):
            context.call("sqs", "untag_queue", QueueUrl=url, TagKeys=gone)
        if tags:
            context.call("sqs", "tag_queue", QueueUrl=url, Tags=tags)
        return Made(url, made.attributes, tags)

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the queue with its messages."""
        with IgnoreMissing(*_GONE):
            context.call("sqs", "delete_queue", QueueUrl=made.physical_id)


class SqsQueuePolicy(ResourcePolicy):
    """One policy for one or more queues, which are named by their URLs."""

    type_name = "AWS::SQS::QueuePolicy"
    known_properties = names("PolicyDocument Queues")
    listed_in = "Queues"
    gone = _GONE
    name_limit = _NAME_LIMIT

    def set_policy(self, context: ResourceContext, resource: str, policy: str) -> None:
        """Set a queue's policy."""
        context.call("sqs", "set_queue_attributes", QueueUrl=resource, Attributes={"Policy": policy})

    def default_policy(self, resource: str) -> str:
        """A queue has none by itself."""
        return ""


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return policy_text(value) if isinstance(value, dict) else str(value)
