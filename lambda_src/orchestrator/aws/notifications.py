# SPDX-License-Identifier: Apache-2.0
"""Messages to the subscribers of the solution's topic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from orchestrator.aws.calls import calling, client
from orchestrator.values.visible_text import escaped

# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: a subject is one line of ASCII, below 100 characters.
_LONGEST_SUBJECT: Final = 99
# 256 KiB with the attributes: https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
_LONGEST_MESSAGE: Final = 255 * 1024
_LONGEST_ATTRIBUTE: Final = 128
_CUT: Final = "\n... and more: the message was too long to be sent whole."


@dataclass(frozen=True)
class Message:
    """A notification. All but the first two fields, where known, are attributes, by which subscriptions can filter."""

    subject: str
    text: str
    pipeline_type: str = ""
    model_name: str = ""
    stage: str = ""
    """`dev`, `staging` or `prod`."""
    state: str = ""
    """Final status as the service reports it, e.g. `FAILED` or `Completed`."""
    kind: str = ""
    """`digest`; a message about one thing has none."""

    def attributes(self) -> dict[str, Any]:
        """Return the attributes that have a value, in the form of SNS."""
        named = {
            "pipeline_type": self.pipeline_type,
            "model_name": self.model_name,
            "stage": self.stage,
            "state": self.state,
            "kind": self.kind,
        }
        return {
            name: {"DataType": "String", "StringValue": escaped(value)[:_LONGEST_ATTRIBUTE]}
            for name, value in named.items()
            if value
        }


def publish(topic_arn: str, message: Message) -> None:
    """Send a message to the topic's subscribers."""
    line = " ".join(message.subject.encode("ascii", "replace").decode().split())
    with calling("publish the notification"):
        client("sns").publish(
            TopicArn=topic_arn,
            Subject=line[:_LONGEST_SUBJECT],
            Message=_fitting(message.text),
            MessageAttributes=message.attributes(),
        )


def _fitting(text: str) -> str:
    """Return the text within SNS's limit, invisible characters escaped: a model's code may have written some of it."""
    content = escaped(text).encode()
    if len(content) > _LONGEST_MESSAGE:
        content = content[: _LONGEST_MESSAGE - len(_CUT)] + _CUT.encode()
    return content.decode("utf-8", "ignore")
