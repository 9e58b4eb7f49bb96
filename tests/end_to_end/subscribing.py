# SPDX-License-Identifier: Apache-2.0
"""A subscriber to the solution's notifications: what arrives, with the attributes by which one can filter."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Received:
    """A notification."""

    subject: str
    text: str
    attributes: dict[str, str]


class Subscriber:
    """A queue that is subscribed to the solution's topic; a `wanted` attribute filters as SNS does."""

    def __init__(self, orchestrator: Orchestrator, **wanted: str) -> None:
        self.heard: list[str] = []
        """All texts so far."""
        self._sqs, self._sns = orchestrator.client("sqs"), orchestrator.client("sns")
        self._url = self._sqs.create_queue(QueueName=f"subscriber-{next(_numbers)}")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = {"FilterPolicy": json.dumps({key: [value] for key, value in wanted.items()})} if wanted else {}
        self._subscription = self._sns.subscribe(
            TopicArn=orchestrator.deployment.outputs["NotificationsTopicArn"],
            Protocol="sqs",
            Endpoint=arn,
            Attributes=policy,
        )["SubscriptionArn"]

    def next(self, text: str, until: Until, *more: str) -> Received:
        """The next notification that contains these texts; those before it are dropped."""

        def find() -> Received | None:
            while received := self._received():
                if all(part in received.text for part in (text, *more)):
                    return received
            return None

        found: Received = until(find)
        return found

    def next_about(self, text: str, until: Until, *more: str) -> str:
        """Its text."""
        return self.next(text, until, *more).text

    def has_heard(self, text: str) -> bool:
        """Whether a notification with this text has come, in whatever order."""
        return any(text in heard for heard in self.all_heard())

    def all_heard(self) -> list[str]:
        """All texts, also those that no call has taken yet; `next` finds none of them any more."""
        while self._received():
            pass
        return self.heard

    def _received(self) -> Received | None:
        # One at a time: what comes after the wanted one stays for the next call.
        answer = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=1)
        for message in answer.get("Messages", []):
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
            told = json.loads(message["Body"])
            self.heard.append(told["Message"])
            attributes = {name: value["Value"] for name, value in told.get("MessageAttributes", {}).items()}
            return Received(told.get("Subject", ""), told["Message"], attributes)
        return None

    def unsubscribe(self) -> None:
        """Receive no more."""
        self._sns.unsubscribe(SubscriptionArn=self._subscription)
        self._sqs.delete_queue(QueueUrl=self._url)
