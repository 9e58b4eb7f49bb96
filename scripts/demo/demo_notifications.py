# SPDX-License-Identifier: Apache-2.0
"""Notifications of the solution's topic, received through a queue like any subscriber's."""

from __future__ import annotations

import json
import time
from typing import Final

from scripts.demo.demo_story import DemoError
from scripts.launch.local_deployment import LocalDeployment

_QUEUE_NAME: Final = "demo-notifications"
_LONGEST_WAIT_SECONDS: Final = 20.0


class Notifications:
    """Subscription, made on construction; notifications sent since then can be received."""

    def __init__(self, deployment: LocalDeployment) -> None:
        self._sqs = deployment.aws.client("sqs")
        self._queue = self._sqs.create_queue(QueueName=_QUEUE_NAME)["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        topic = deployment.outputs["NotificationsTopicArn"]
        arn = attributes["Attributes"]["QueueArn"]
        deployment.aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def received(self, at_least: int) -> list[tuple[str, str]]:
        """Return subject and text of each notification, waiting until there are `at_least` so many, or for 20 s."""
        found: list[tuple[str, str]] = []
        deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
        while len(found) < at_least and time.monotonic() < deadline:
            found += self._receive()
        return found

    def first(self, subject: str) -> tuple[str, str]:
        """Return subject and text of the first notification whose subject begins like this; earlier ones are dropped.

        Raises DemoError if there is none within 20 s.
        """
        deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
        while time.monotonic() < deadline:
            for told in self._receive():
                if told[0].startswith(subject):
                    return told
        raise DemoError(f"the topic sent no {subject} within {_LONGEST_WAIT_SECONDS:.0f} s")

    def _receive(self) -> list[tuple[str, str]]:
        answer = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        found = []
        for message in answer.get("Messages", ()):
            envelope = json.loads(message["Body"])
            found.append((envelope.get("Subject") or "", envelope["Message"]))
            self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return found
