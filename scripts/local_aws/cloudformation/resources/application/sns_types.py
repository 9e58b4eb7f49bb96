# SPDX-License-Identifier: Apache-2.0
"""AWS::SNS::Topic, Subscription and TopicPolicy.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SNS.html
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

_NAME_LIMIT = 256
_TOPIC_ATTRIBUTES = ("DisplayName", "KmsMasterKeyId")
_SUBSCRIPTION_ATTRIBUTES = ("FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy")


class SnsTopic(ResourceType):
    """A topic with the subscriptions that are written into it; Ref is its ARN."""

    type_name = "AWS::SNS::Topic"
    name_property = "TopicName"
    replaced_by = frozenset({"TopicName"})
    is_tagged = True
    known_properties = names("TopicName DisplayName KmsMasterKeyId Subscription Tags")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the topic and subscribe."""
        name = properties.get("TopicName") or context.generated_name(_NAME_LIMIT)
        arn = context.call("sns", "create_topic", Name=name)["TopicArn"]
        made = context.initiated(Made(arn, {"TopicArn": arn, "TopicName": name}))
        return self.update(context, made, {}, properties)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Set the attributes; subscribe and unsubscribe what differs."""
        arn = made.physical_id
        for name in _TOPIC_ATTRIBUTES:
            if new.get(name) != old.get(name):
                value = new.get(name, "")
                context.call("sns", "set_topic_attributes", TopicArn=arn, AttributeName=name, AttributeValue=value)
        wanted, present = _endpoints(new), _endpoints(old)
        for protocol, endpoint in wanted - present:
            context.call("sns", "subscribe", TopicArn=arn, Protocol=protocol, Endpoint=endpoint)
        for subscription in _subscriptions(context, arn) if present - wanted else []:
            if (subscription["Protocol"], subscription["Endpoint"]) in present - wanted:
                context.call("sns", "unsubscribe", SubscriptionArn=subscription["SubscriptionArn"])
        tags = context.tags(new.get("Tags"))
        if gone := sorted(made.tags.keys() - tags.keys()):
            context.call("sns", "untag_resource", ResourceArn=arn, TagKeys=gone)
        if tags:
            context.call("sns", "tag_resource", ResourceArn=arn, Tags=context.tag_list(new.get("Tags")))
        return Made(arn, made.attributes, tags)

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the topic; its subscriptions go with it."""
        with IgnoreMissing("NotFound"):
            for subscription in _subscriptions(context, made.physical_id):
                context.call("sns", "unsubscribe", SubscriptionArn=subscription["SubscriptionArn"])
            context.call("sns", "delete_topic", TopicArn=made.physical_id)


class SnsSubscription(ResourceType):
    """One subscription; Ref is its ARN. The local AWS confirms every protocol at once and sends no mail."""

    type_name = "AWS::SNS::Subscription"
    replaced_by = frozenset({"Endpoint", "Protocol", "TopicArn"})
    known_properties = names("Endpoint Protocol TopicArn " + " ".join(_SUBSCRIPTION_ATTRIBUTES))

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Subscribe."""
        arn = context.call(
            "sns",
            "subscribe",
            TopicArn=properties["TopicArn"],
            Protocol=properties["Protocol"],
            Endpoint=properties.get("Endpoint"),
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        made = context.initiated(Made(arn, {"Arn": arn}))
        return self.update(context, made, {}, properties)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Set the attributes that differ."""
        for name in _SUBSCRIPTION_ATTRIBUTES:
            if new.get(name) == old.get(name):
                continue
            context.call(
                "sns",
                "set_subscription_attributes",
                SubscriptionArn=made.physical_id,
                AttributeName=name,
                AttributeValue=_attribute_text(new.get(name, {} if name.endswith("Policy") else "")),
            )
        return made

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Unsubscribe."""
        with IgnoreMissing("NotFound"):
            context.call("sns", "unsubscribe", SubscriptionArn=made.physical_id)


class SnsTopicPolicy(ResourcePolicy):
    """One policy for one or more topics."""

    type_name = "AWS::SNS::TopicPolicy"
    known_properties = names("PolicyDocument Topics")
    listed_in = "Topics"
    gone = ("NotFound",)
    name_limit = _NAME_LIMIT

    def set_policy(self, context: ResourceContext, resource: str, policy: str) -> None:
        """Set a topic's policy."""
        context.call("sns", "set_topic_attributes", TopicArn=resource, AttributeName="Policy", AttributeValue=policy)

    def default_policy(self, resource: str) -> str:
        """What SNS gives a topic by itself."""
        return _default_policy(resource)


def _endpoints(properties: Properties) -> set[tuple[str, str]]:
    return {(one["Protocol"], one["Endpoint"]) for one in properties.get("Subscription", [])}


def _subscriptions(context: ResourceContext, topic_arn: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = context.call("sns", "list_subscriptions_by_topic", TopicArn=topic_arn)[
        "Subscriptions"
    ]
    return found


def _attribute_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return policy_text(value)


def _default_policy(topic: str) -> str:
    """What SNS gives a topic of nobody's making: its own account may use it.

    https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
    """
    actions = "GetTopicAttributes SetTopicAttributes AddPermission RemovePermission DeleteTopic Subscribe Publish"
    return policy_text(
        {
            "Version": "2008-10-17",
            "Id": "__default_policy_ID",
            "Statement": [
                {
                    "Sid": "__default_statement_ID",
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": [f"SNS:{action}" for action in [*actions.split(), "ListSubscriptionsByTopic"]],
                    "Resource": topic,
                    "Condition": {"StringEquals": {"AWS:SourceOwner": topic.split(":")[4]}},
                }
            ],
        }
    )
