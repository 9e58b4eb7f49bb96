# SPDX-License-Identifier: Apache-2.0
"""The topic for people, and the queue for events that could not be processed (compatibility 1.7).

To the topic publish, under roles of this account: the orchestrator, and the pipelines when they ask for an approval.
Only CloudWatch, whose alarms have no role, is let in by the topic's policy.
"""

from __future__ import annotations

from typing import Any

from awacs import kms as kms_actions
from awacs import sns as sns_actions
from awacs import sqs as sqs_actions
from awacs.aws import Action, Allow, ArnLike, Condition, PolicyDocument, Principal, Statement
from troposphere import GetAtt, Ref, Template, awslambda, sns, sqs

from generator import arns, permissions
from generator.root.data import encryption

TOPIC = "NotificationsTopic"
DEAD_LETTERS = "DeadLetterQueue"
_FOURTEEN_DAYS = 14 * 24 * 3600


def add_to(template: Template) -> None:
    """Add topic, queue and their policies."""
    for resource in (topic(), subscription(), topic_policy(), dead_letter_queue(), queue_policy()):
        template.add_resource(resource)


def topic() -> sns.Topic:
    """Notifications of all pipelines."""
    return sns.Topic(TOPIC, KmsMasterKeyId=encryption.key_arn())


def subscription() -> sns.SubscriptionResource:
    """The operator's address; AWS sends it a mail to confirm."""
    return sns.SubscriptionResource(
        "NotificationsSubscription", TopicArn=Ref(TOPIC), Protocol="email", Endpoint=Ref("NotificationEmail")
    )


def topic_policy() -> sns.TopicPolicy:
    """Allow only alarms of this account to publish (lesson 62)."""
    return sns.TopicPolicy(
        "NotificationsTopicPolicy",
        Topics=[Ref(TOPIC)],
        PolicyDocument=_from_service(
            "AlarmsOfThisAccount",
            "cloudwatch.amazonaws.com",
            permissions.within_this_account(),
            sns_actions.Publish,
            Ref(TOPIC),
        ),
    )


def dead_letter_queue() -> sqs.Queue:
    """Queue of events whose handling failed repeatedly, kept for inspection."""
    return sqs.Queue(DEAD_LETTERS, KmsMasterKeyId=encryption.key_arn(), MessageRetentionPeriod=_FOURTEEN_DAYS)


def queue_policy() -> sqs.QueuePolicy:
    """EventBridge may put here what rules of this account could not deliver; it names the rule (lesson 114).

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    """
    return sqs.QueuePolicy(
        "DeadLetterQueuePolicy",
        Queues=[Ref(DEAD_LETTERS)],
        PolicyDocument=_from_service(
            "RulesOfThisAccount",
            "events.amazonaws.com",
            Condition(ArnLike("aws:SourceArn", arns.regional("events", "rule/*"))),
            sqs_actions.SendMessage,
            GetAtt(DEAD_LETTERS, "Arn"),
        ),
    )


def kept_dead_letters() -> awslambda.DeadLetterConfig:
    """Dead-letter queue for events on which a function has failed repeatedly."""
    return awslambda.DeadLetterConfig(TargetArn=GetAtt(DEAD_LETTERS, "Arn"))


def keep_dead_letters() -> list[Statement]:
    """Permissions to send to that queue, for the function's role."""
    return [
        permissions.allow([sqs_actions.SendMessage], GetAtt(DEAD_LETTERS, "Arn")),
        permissions.allow([kms_actions.Decrypt, kms_actions.GenerateDataKey], encryption.key_arn()),
    ]


def _from_service(sid: str, service: str, condition: Condition, action: Action, resource: Any) -> PolicyDocument:
    """Policy that allows a service an action under a condition."""
    return permissions.document(
        Statement(
            Sid=sid,
            Effect=Allow,
            Principal=Principal("Service", [service]),
            Action=[action],
            Resource=[resource],
            Condition=condition,
        )
    )
