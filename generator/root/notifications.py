# SPDX-License-Identifier: Apache-2.0
"""One topic for people, one queue for what could not be processed, and the rules that feed them (contract 1.7).

The rules match every pipeline by its prefix, so a pipeline adds none of its own (design section 4).
"""

from __future__ import annotations

from typing import Any

from awacs import sns as sns_actions
from awacs import sqs as sqs_actions
from awacs.aws import Action, Allow, PolicyDocument, Principal, Statement
from troposphere import GetAtt, Ref, Template, events, sns, sqs

from generator import arns, permissions
from generator.root import encryption

TOPIC = "NotificationsTopic"
DEAD_LETTERS = "DeadLetterQueue"
_FOURTEEN_DAYS = 14 * 24 * 3600

_MESSAGE = "Pipeline <pipeline> finished executing. Pipeline execution result is <state>"


def add_to(template: Template) -> None:
    """Add topic, queue, their policies and the rule for pipelines that ended."""
    for resource in (topic(), subscription(), topic_policy(), dead_letter_queue(), queue_policy(), pipeline_rule()):
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
    """Only this account's EventBridge rules may publish from outside (defect 62)."""
    return sns.TopicPolicy(
        "NotificationsTopicPolicy",
        Topics=[Ref(TOPIC)],
        PolicyDocument=_from_rules(sns_actions.Publish, Ref(TOPIC)),
    )


def dead_letter_queue() -> sqs.Queue:
    """Configuration uploads that failed again and again, for somebody to look at."""
    return sqs.Queue(DEAD_LETTERS, KmsMasterKeyId=encryption.key_arn(), MessageRetentionPeriod=_FOURTEEN_DAYS)


def queue_policy() -> sqs.QueuePolicy:
    """EventBridge may put here what it could not deliver."""
    return sqs.QueuePolicy(
        "DeadLetterQueuePolicy",
        Queues=[Ref(DEAD_LETTERS)],
        PolicyDocument=_from_rules(sqs_actions.SendMessage, GetAtt(DEAD_LETTERS, "Arn")),
    )


def _from_rules(action: Action, resource: Any) -> PolicyDocument:
    """EventBridge rules of this account may do it, and no other account's."""
    return permissions.document(
        Statement(
            Sid="RulesOfThisAccount",
            Effect=Allow,
            Principal=Principal("Service", ["events.amazonaws.com"]),
            Action=[action],
            Resource=[resource],
            Condition=permissions.within_this_account(),
        )
    )


def pipeline_rule() -> events.Rule:
    """One message whenever a pipeline of this solution has ended, however it ended (defect 82)."""
    return events.Rule(
        "PipelineEndedRule",
        Description="Tells the subscribers that a pipeline has ended",
        EventPattern={
            "source": ["aws.codepipeline"],
            "detail-type": ["CodePipeline Pipeline Execution State Change"],
            "detail": {
                "pipeline": [{"prefix": arns.PIPELINE_PREFIX}],
                "state": ["SUCCEEDED", "FAILED", "STOPPED", "SUPERSEDED", "CANCELED"],
            },
        },
        Targets=[to_topic(_MESSAGE, "pipeline", "state")],
    )


def to_topic(message: str, *details: str) -> events.Target:
    """A rule's target: the topic, with a sentence whose `<name>` are members of the event's detail."""
    return events.Target(
        Id="Topic",
        Arn=Ref(TOPIC),
        DeadLetterConfig=events.DeadLetterConfig(Arn=GetAtt(DEAD_LETTERS, "Arn")),
        InputTransformer=events.InputTransformer(
            InputPathsMap={name: f"$.detail.{name}" for name in details}, InputTemplate=f'"{message}"'
        ),
    )
