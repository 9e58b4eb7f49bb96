# SPDX-License-Identifier: Apache-2.0
"""Messages to the people who subscribed to the solution's topic."""

from __future__ import annotations

from typing import Final

from orchestrator.aws.calls import calling, client

# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: a subject is ASCII, below 100 characters, of one line.
_LONGEST_SUBJECT: Final = 99
_LONGEST_MESSAGE: Final = 256 * 1024
_CUT: Final = "\n... and more: the message was too long to be sent whole."


def publish(topic_arn: str, subject: str, message: str) -> None:
    """Send a message to the topic's subscribers."""
    line = " ".join(subject.encode("ascii", "replace").decode().split())
    with calling("publish the notification"):
        client("sns").publish(TopicArn=topic_arn, Subject=line[:_LONGEST_SUBJECT], Message=_fitting(message))


def _fitting(message: str) -> str:
    """The message in UTF-8, which half a surrogate pair out of somebody's JSON is not, and within SNS's limit."""
    content = message.encode("utf-8", "backslashreplace")
    if len(content) > _LONGEST_MESSAGE:
        content = content[: _LONGEST_MESSAGE - len(_CUT)] + _CUT.encode()
    return content.decode("utf-8", "ignore")
