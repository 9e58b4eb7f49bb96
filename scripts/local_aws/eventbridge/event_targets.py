# SPDX-License-Identifier: Apache-2.0
"""Delivery of an event to a rule's target: a function, topic, queue, pipeline or another event bus.

Permanent errors (no such target, no permission) are distinguished from transient ones, as in EventBridge, which
retries or uses the target's dead-letter queue accordingly.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scripts.local_aws import clients, identity
from scripts.local_aws.enforcement import services
from scripts.local_aws.eventbridge import event_buses, event_input
from scripts.local_aws.eventbridge.event_input import Event, Target, render

# EventBridge delivers under its own name, allowed by the target's resource policy. STS issues keys for roles only, so
# its service-linked role represents it, in the account that owns the target.
_SERVICE_ROLE = "arn:aws:iam::{account}:role/aws-service-role/events.amazonaws.com/AWSServiceRoleForEventBridge"
_SERVICE = "events.amazonaws.com"
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
_NO_PERMISSIONS = "NO_PERMISSIONS"
_TRANSIENT_CODES = frozenset({"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestTimeout"})


class NotDeliveredError(Exception):
    """Raised if a target refuses an event. `code` and message are AWS's; `permanent` is true if retries are no use."""

    def __init__(self, code: str, message: str, permanent: bool) -> None:
        super().__init__(message)
        self.code = code
        self.permanent = permanent


@dataclass(frozen=True)
class Delivery:
    """Event on its way from a rule to one of its targets."""

    rule_arn: str
    target: Target
    event: Event

    @property
    def body(self) -> str:
        """Text that the target receives."""
        return render(self.target, self.event, self.rule_arn)

    def send(self) -> None:
        """Deliver once. Raise NotDeliveredError."""
        send = _SENDERS.get(_service(self.target["Arn"]))
        if send is None:
            raise NotDeliveredError(
                "UNSUPPORTED_TARGET",
                "the local AWS delivers events to functions, topics, queues, pipelines and event buses: "
                f"{self.target['Arn']}",
                permanent=True,
            )
        translated(lambda: send(self))

    def bury(self, error: NotDeliveredError, retries: int) -> bool:
        """Put the event, with the reasons as attributes, into the target's dead-letter queue. False if it has none."""
        queue_arn = (self.target.get("DeadLetterConfig") or {}).get("Arn")
        if not queue_arn:
            return False
        attributes = {
            "RULE_ARN": self.rule_arn,
            "TARGET_ARN": self.target["Arn"],
            "ERROR_CODE": error.code,
            "ERROR_MESSAGE": str(error),
            "RETRY_ATTEMPTS": str(retries),
        }
        _let_in("sqs:SendMessage", queue_arn, self.rule_arn)
        translated(lambda: to_queue(_client("sqs", queue_arn), queue_arn, json.dumps(self.event), attributes))
        return True


def problem_with(target: Target) -> str | None:
    """Return why EventBridge's PutTargets would refuse this target; None if it would not."""
    if _service(target["Arn"]) == "codepipeline" and "RoleArn" not in target:
        return f"RoleArn is required for target {target['Arn']}."
    return event_input.problem_with(target)


def _to_function(delivery: Delivery) -> None:
    arn = delivery.target["Arn"]
    _let_in("lambda:InvokeFunction", arn, delivery.rule_arn)
    _client("lambda", arn).invoke(FunctionName=arn, InvocationType="Event", Payload=delivery.body.encode())


def _to_topic(delivery: Delivery) -> None:
    arn = delivery.target["Arn"]
    _let_in("sns:Publish", arn, delivery.rule_arn)
    _client("sns", arn).publish(TopicArn=arn, Message=delivery.body)


def _to_target_queue(delivery: Delivery) -> None:
    arn, group = delivery.target["Arn"], delivery.target.get("SqsParameters") or {}
    _let_in("sqs:SendMessage", arn, delivery.rule_arn)
    to_queue(_client("sqs", arn), arn, delivery.body, {}, **group)


def to_queue(sqs: Any, arn: str, body: str, attributes: Mapping[str, str], **group: str) -> None:
    """Put a message into the queue with this ARN. Raise ClientError."""
    *_, account, name = arn.split(":")
    # GetQueueUrl would need a permission that the sender does not need on AWS.
    url = f"{identity.current().endpoint_url}/{account}/{name}"
    named = {key: {"DataType": "String", "StringValue": value} for key, value in attributes.items()}
    sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=named, **group)


def _to_pipeline(delivery: Delivery) -> None:
    """Start an execution as the target's role, which EventBridge requires here. The event's content is not used."""
    *_, region, _, name = delivery.target["Arn"].split(":")
    client = clients.client("codepipeline", delivery.target["RoleArn"], region, _SERVICE, delivery.rule_arn)
    client.start_pipeline_execution(name=name)


def _to_bus(delivery: Delivery) -> None:
    """Put the unchanged event on another bus as the target's role, which EventBridge requires across accounts."""
    arn, role = delivery.target["Arn"], delivery.target.get("RoleArn")
    if not event_buses.may_pass(delivery.event, delivery.rule_arn, arn):
        return
    region = arn.split(":")[3]
    client = clients.client("events", role, region, _SERVICE, delivery.rule_arn) if role else _client("events", arn)
    with event_buses.entry(delivery.event, arn) as entry:
        answer = client.put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        refused = answer["Entries"][0]
        raise NotDeliveredError(refused["ErrorCode"], refused["ErrorMessage"], permanent=True)


_SENDERS: Mapping[str, Callable[[Delivery], None]] = {
    "lambda": _to_function,
    "sns": _to_topic,
    "sqs": _to_target_queue,
    "codepipeline": _to_pipeline,
    "events": _to_bus,
}


def translated(call: Callable[[], None]) -> None:
    """Make a call to AWS. Raise NotDeliveredError if it is refused or does not get through."""
    try:
        call()
    except ClientError as error:
        code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        permanent = status < 500 and code not in _TRANSIENT_CODES
        raise NotDeliveredError(code, error.response["Error"]["Message"], permanent) from error
    except BotoCoreError as error:
        raise NotDeliveredError(type(error).__name__, str(error), permanent=False) from error


def _let_in(action: str, arn: str, rule_arn: str) -> None:
    """Check the target's own policy on behalf of the rule. Raise NotDeliveredError."""
    decision = services.may(_SERVICE, action, arn, rule_arn)
    if not decision.allowed:
        raise NotDeliveredError(_NO_PERMISSIONS, decision.reason, permanent=True)


def _service(arn: str) -> str:
    return arn.split(":")[2]


def _client(service: str, arn: str) -> Any:
    _, _, _, region, account, *_ = arn.split(":")
    return clients.client(service, _SERVICE_ROLE.format(account=account), region)
