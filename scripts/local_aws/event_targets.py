# SPDX-License-Identifier: Apache-2.0
"""Handing an event to a rule's target: a function, a topic, a queue or another event bus.

A refusal that repeating cannot cure (no such target, no permission) is told apart from one that may pass, as
EventBridge does before it tries again or turns to the target's dead-letter queue.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scripts.local_aws import clients
from scripts.local_aws.event_input import Event, Target, render

# EventBridge delivers under its own name, let in by the target's resource policy. STS hands out keys for roles only,
# so its service-linked role stands for it, in the account that owns the target.
_SERVICE_ROLE = "arn:aws:iam::{account}:role/aws-service-role/events.amazonaws.com/AWSServiceRoleForEventBridge"
_PASSING = frozenset({"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestTimeout"})


class NotDeliveredError(Exception):
    """A target did not take an event; `code` and the message are AWS's, `permanent` says that repeating is no use."""

    def __init__(self, code: str, message: str, permanent: bool) -> None:
        super().__init__(message)
        self.code = code
        self.permanent = permanent


@dataclass(frozen=True)
class Delivery:
    """One event on its way from one rule to one of its targets."""

    rule_arn: str
    target: Target
    event: Event

    @property
    def body(self) -> str:
        """The text that the target receives."""
        return render(self.target, self.event, self.rule_arn)

    def send(self) -> None:
        """Deliver once; raises NotDeliveredError."""
        send = _SENDERS.get(_service(self.target["Arn"]))
        if send is None:
            raise NotDeliveredError(
                "UNSUPPORTED_TARGET",
                f"the local AWS delivers events to functions, topics, queues and event buses: {self.target['Arn']}",
                permanent=True,
            )
        _translated(lambda: send(self))

    def bury(self, error: NotDeliveredError, retries: int) -> bool:
        """Put the event into the target's dead-letter queue, with the reasons as attributes; False if it has none."""
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
        _translated(lambda: _to_queue(queue_arn, json.dumps(self.event), attributes))
        return True


def _to_function(delivery: Delivery) -> None:
    arn = delivery.target["Arn"]
    _client("lambda", arn).invoke(FunctionName=arn, InvocationType="Event", Payload=delivery.body.encode())


def _to_topic(delivery: Delivery) -> None:
    arn = delivery.target["Arn"]
    _client("sns", arn).publish(TopicArn=arn, Message=delivery.body)


def _to_target_queue(delivery: Delivery) -> None:
    group = delivery.target.get("SqsParameters") or {}
    _to_queue(delivery.target["Arn"], delivery.body, {}, **group)


def _to_queue(arn: str, body: str, attributes: Mapping[str, str], **group: str) -> None:
    *_, account, name = arn.split(":")
    sqs = _client("sqs", arn)
    url = sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
    named = {key: {"DataType": "String", "StringValue": value} for key, value in attributes.items()}
    sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=named, **group)


def _to_bus(delivery: Delivery) -> None:
    """Put the event on another bus; unlike on AWS it then names the account of that bus, not of its origin."""
    arn, event = delivery.target["Arn"], delivery.event
    entry = {
        "Source": event["source"],
        "DetailType": event["detail-type"],
        "Detail": json.dumps(event["detail"]),
        "Resources": event["resources"],
        "EventBusName": arn,
    }
    answer = _client("events", arn).put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        refused = answer["Entries"][0]
        raise NotDeliveredError(refused["ErrorCode"], refused["ErrorMessage"], permanent=True)


_SENDERS: Mapping[str, Callable[[Delivery], None]] = {
    "lambda": _to_function,
    "sns": _to_topic,
    "sqs": _to_target_queue,
    "events": _to_bus,
}


def _translated(call: Callable[[], None]) -> None:
    try:
        call()
    except ClientError as error:
        code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        permanent = status < 500 and code not in _PASSING
        raise NotDeliveredError(code, error.response["Error"]["Message"], permanent) from error
    except BotoCoreError as error:
        raise NotDeliveredError(type(error).__name__, str(error), permanent=False) from error


def _service(arn: str) -> str:
    return arn.split(":")[2]


def _client(service: str, arn: str) -> Any:
    _, _, _, region, account, *_ = arn.split(":")
    return clients.client(service, _SERVICE_ROLE.format(account=account), region)
