# SPDX-License-Identifier: Apache-2.0
"""AWS::SNS::Topic, Subscription and TopicPolicy; AWS::SQS::Queue and QueuePolicy.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SNS.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SQS.html
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from scripts.local_aws.cloudformation.resources.api_type import NAME, REF, ApiType
from scripts.local_aws.cloudformation.resources.base import IgnoreMissing, Properties, ResourceContext, names
from scripts.local_aws.cloudformation.stacks import Made

_GONE = ("NotFound", "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
# SQS's own default of an attribute, which a property that is taken away goes back to.
_QUEUE_ATTRIBUTES = {
    "DelaySeconds": "0", "KmsDataKeyReusePeriodSeconds": "300", "KmsMasterKeyId": "", "MaximumMessageSize": "262144",
    "MessageRetentionPeriod": "345600", "ReceiveMessageWaitTimeSeconds": "0", "RedriveAllowPolicy": "",
    "RedrivePolicy": "", "SqsManagedSseEnabled": "true", "VisibilityTimeout": "30",
}  # fmt: skip
_TOPIC_ATTRIBUTES = {"DisplayName": "", "KmsMasterKeyId": ""}
_SUBSCRIPTION_ATTRIBUTES = {"FilterPolicy": {}, "FilterPolicyScope": "", "RawMessageDelivery": "", "RedrivePolicy": {}}


class SnsTopic(ApiType):
    """A topic with the subscriptions that are written into it, which go with it; Ref is its ARN."""

    type_name = "AWS::SNS::Topic"
    name_property = "TopicName"
    is_tagged = True
    known_properties = names("TopicName DisplayName KmsMasterKeyId Subscription Tags")
    service, creates, deletes = "sns", "create_topic", "delete_topic"
    gone = _GONE
    named, name_limit = "Name", 256
    ref = "TopicArn"
    attributes = {"TopicArn": "TopicArn", "TopicName": NAME}
    at = {"TopicArn": REF}
    tagging, tagged_at = ("tag_resource", "untag_resource"), "ResourceArn"

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Set the attributes; subscribe and unsubscribe what differs."""
        for name, value in _changed(_TOPIC_ATTRIBUTES, old, new).items():
            attribute = {"AttributeName": name, "AttributeValue": value}
            context.call("sns", "set_topic_attributes", TopicArn=made.physical_id, **attribute)
        wanted, present = _endpoints(new), _endpoints(old)
        for protocol, endpoint in wanted - present:
            context.call("sns", "subscribe", TopicArn=made.physical_id, Protocol=protocol, Endpoint=endpoint)
        if present - wanted:
            self._unsubscribe(context, made, present - wanted)

    def remove(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the subscriptions, then the topic."""
        self._unsubscribe(context, made)
        super().remove(context, made, properties)

    @staticmethod
    def _unsubscribe(context: ResourceContext, made: Made, which: set[tuple[str, str]] | None = None) -> None:
        found = context.call("sns", "list_subscriptions_by_topic", TopicArn=made.physical_id)["Subscriptions"]
        for one in found:
            if which is None or (one["Protocol"], one["Endpoint"]) in which:
                context.call("sns", "unsubscribe", SubscriptionArn=one["SubscriptionArn"])


class SnsSubscription(ApiType):
    """Subscription; Ref is its ARN. The local AWS confirms every protocol at once and sends no mail."""

    type_name = "AWS::SNS::Subscription"
    known_properties = names("Endpoint Protocol TopicArn " + " ".join(_SUBSCRIPTION_ATTRIBUTES))
    service, creates, deletes = "sns", "subscribe", "unsubscribe"
    gone = _GONE
    ref = "SubscriptionArn"
    attributes = {"Arn": "SubscriptionArn"}
    at = {"SubscriptionArn": REF}

    def given(self, properties: Properties) -> Properties:
        """Also request the ARN of a subscription that is not yet confirmed."""
        return properties | {"ReturnSubscriptionArn": True}

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Set the attributes that differ."""
        for name, value in _changed(_SUBSCRIPTION_ATTRIBUTES, old, new).items():
            attribute = {"AttributeName": name, "AttributeValue": value}
            context.call("sns", "set_subscription_attributes", SubscriptionArn=made.physical_id, **attribute)


class SqsQueue(ApiType):
    """A standard queue; Ref is its URL."""

    type_name = "AWS::SQS::Queue"
    name_property = "QueueName"
    is_tagged = True
    known_properties = names("QueueName Tags " + " ".join(_QUEUE_ATTRIBUTES))
    service, creates, deletes = "sqs", "create_queue", "delete_queue"
    gone = _GONE
    name_limit = 80
    ref = "QueueUrl"
    attributes = {"QueueName": NAME, "QueueUrl": "QueueUrl"}
    arn = "{}"
    at = {"QueueUrl": REF}
    tagging = ("tag_queue", "untag_queue")

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Set the attributes that differ."""
        if changed := _changed(_QUEUE_ATTRIBUTES, old, new):
            context.call("sqs", "set_queue_attributes", QueueUrl=made.physical_id, Attributes=changed)


class _ResourcePolicy(ApiType):
    """Policy for one or more resources, which a property lists."""

    gone = _GONE
    listed_in: ClassVar[str]

    @abstractmethod
    def set_policy(self, context: ResourceContext, resource: str, policy: Any) -> None:
        """Set a resource's policy; an empty one restores the default."""

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Set the policy on the listed resources, and the default one on those no longer listed."""
        listed = new[self.listed_in]
        for resource in listed:
            self.set_policy(context, resource, new["PolicyDocument"])
        for resource in set(old.get(self.listed_in, [])) - set(listed):
            self.set_policy(context, resource, "")

    def remove(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Restore the default policy of the resources."""
        for resource in properties[self.listed_in]:
            with IgnoreMissing(*self.gone):
                self.set_policy(context, resource, "")


class SnsTopicPolicy(_ResourcePolicy):
    """Policy for one or more topics."""

    type_name = "AWS::SNS::TopicPolicy"
    known_properties = names("PolicyDocument Topics")
    listed_in = "Topics"

    def set_policy(self, context: ResourceContext, resource: str, policy: Any) -> None:
        """Set a topic's policy."""
        attribute = {"AttributeName": "Policy", "AttributeValue": policy or _default_policy(resource)}
        context.call("sns", "set_topic_attributes", TopicArn=resource, **attribute)


class SqsQueuePolicy(_ResourcePolicy):
    """Policy for one or more queues, named by their URLs."""

    type_name = "AWS::SQS::QueuePolicy"
    known_properties = names("PolicyDocument Queues")
    listed_in = "Queues"

    def set_policy(self, context: ResourceContext, resource: str, policy: Any) -> None:
        """Set a queue's policy."""
        context.call("sqs", "set_queue_attributes", QueueUrl=resource, Attributes={"Policy": policy})


def _changed(attributes: dict[str, Any], old: Properties, new: Properties) -> Properties:
    return {name: new.get(name, value) for name, value in attributes.items() if new.get(name) != old.get(name)}


def _endpoints(properties: Properties) -> set[tuple[str, str]]:
    return {(one["Protocol"], one["Endpoint"]) for one in properties.get("Subscription", [])}


def _default_policy(topic: str) -> dict[str, Any]:
    """Return the policy that SNS gives a topic by default: its own account may use it.

    https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
    """
    actions = "GetTopicAttributes SetTopicAttributes AddPermission RemovePermission DeleteTopic Subscribe Publish"
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in [*actions.split(), "ListSubscriptionsByTopic"]],
        "Resource": topic,
        "Condition": {"StringEquals": {"AWS:SourceOwner": topic.split(":")[4]}},
    }
    return {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}
