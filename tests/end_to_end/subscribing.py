# SPDX-License-Identifier: Apache-2.0
"""A subscriber to the solution's notifications: what arrives, with the attributes by which one can filter."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]


@dataclass(frozen=True)
class Received:
    """A notification."""

    subject: str
    text: str
    attributes: dict[str, str]


class Subscriber:
    """A queue that is subscribed to the solution's topic; a `wanted` attribute filters as SNS does."""

    def __init__(self, orchestrator: Orchestrator, name: str, **wanted: str) -> None:
        self._sqs, self._sns = orchestrator.client("sqs"), orchestrator.client("sns")
        self._url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = {"FilterPolicy": json.dumps({key: [value] for key, value in wanted.items()})} if wanted else {}
        self._subscription = self._sns.subscribe(
            TopicArn=orchestrator.deployment.outputs["NotificationsTopicArn"],
            Protocol="sqs",
            Endpoint=arn,
            Attributes=policy,
        )["SubscriptionArn"]

    def next(self, text: str, until: Until) -> Received:
        """The next notification that contains the text; those before it are dropped."""

        def find() -> Received | None:
            return next((received for received in self._received() if text in received.text), None)

        found: Received = until(find)
        return found

    def next_about(self, text: str, until: Until) -> str:
        """Its text."""
        return self.next(text, until).text

    def _received(self) -> list[Received]:
        # One at a time: what comes after the wanted one stays for the next call.
        answer = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=1)
        received = []
        for message in answer.get("Messages", []):
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
            told = json.loads(message["Body"])
            attributes = {name: value["Value"] for name, value in told.get("MessageAttributes", {}).items()}
            received.append(Received(told.get("Subject", ""), told["Message"], attributes))
        return received

    def unsubscribe(self) -> None:
        """Receive no more."""
        self._sns.unsubscribe(SubscriptionArn=self._subscription)
