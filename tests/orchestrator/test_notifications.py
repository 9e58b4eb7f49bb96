# SPDX-License-Identifier: Apache-2.0
"""What reaches SNS of a notification: within its limits, with attributes to filter by."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.aws import calls, notifications
from orchestrator.aws.notifications import Message


@pytest.fixture
def published(aws: None, sent: list[Any]) -> Any:
    """`published(message)` publishes it and gives SNS's parameters; moto refuses what SNS would."""
    topic = calls.client("sns").create_topic(Name="notifications")["TopicArn"]

    def publish(message: Message) -> dict[str, Any]:
        notifications.publish(topic, message)
        parameters: dict[str, Any] = sent[-1].parameters
        return parameters

    return publish


def test_what_is_known_becomes_an_attribute(published: Any) -> None:
    """Lesson 83; SNS refuses an attribute without a value."""
    told = published(Message("s", "t", pipeline_type="byom_image_builder", stage="prod"))["MessageAttributes"]
    assert told == {
        "pipeline_type": {"DataType": "String", "StringValue": "byom_image_builder"},
        "stage": {"DataType": "String", "StringValue": "prod"},
    }


def test_all_four_can_be_known(published: Any) -> None:
    told = published(Message("s", "t", "p", "m", "dev", "FAILED"))["MessageAttributes"]
    assert {name: value["StringValue"] for name, value in told.items()} == {
        "pipeline_type": "p",
        "model_name": "m",
        "stage": "dev",
        "state": "FAILED",
    }


def test_an_attribute_is_text_of_a_bearable_length(published: Any) -> None:
    told = published(Message("s", "t", model_name="\ud800" + "x" * 500))["MessageAttributes"]["model_name"]
    assert told["StringValue"].startswith(r"\ud800xx")
    assert len(told["StringValue"]) == 128


def test_a_subject_is_one_line_of_ascii(published: Any) -> None:
    subject = published(Message("Modèle\n" + "x" * 200, "t"))["Subject"]
    assert subject.startswith("Mod?le xx")
    assert len(subject) == 99


def test_message_and_attributes_fit_together(published: Any) -> None:
    told = published(Message("s", "é" * 200_000, "p" * 128, "m" * 128, "dev", "FAILED"))
    size = len(told["Message"].encode())
    attributes = sum(
        len(name) + len(value["DataType"]) + len(value["StringValue"].encode())
        for name, value in told["MessageAttributes"].items()
    )
    assert size + attributes <= 256 * 1024
    assert told["Message"].endswith("too long to be sent whole.")


def test_what_a_model_s_code_gives_as_its_reason_hides_nothing(published: Any) -> None:
    told = published(Message("s", "Why it failed: \u202eon\u2028line\x1b[8m\nNext: look"))
    assert told["Message"] == r"Why it failed: \u202eon\u2028line\x1b[8m" + "\nNext: look"
