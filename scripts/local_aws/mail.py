# SPDX-License-Identifier: Apache-2.0
"""Mail: what topics have sent to their subscribers by e-mail, kept to be read here, at `<endpoint>/_mail`.

Nothing leaves this machine, and nobody confirms a subscription: every address that is subscribed gets its mail.
https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html
"""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from moto.sns.models import Subscription, Topic
from werkzeug.wrappers import Request, Response

from mlops_orchestrator.aws.api_addresses import MAIL_PATH as PATH

__all__ = ["PATH", "Mail", "answer", "install", "shutdown"]

_PROTOCOLS: Final = frozenset({"email", "email-json"})
_MOST_KEPT: Final = 1000
_publish: Final = Topic.publish


@dataclass(frozen=True)
class Mail:
    """Mail of a topic, as each of its subscribers has got it."""

    number: int
    """1 for the first of this local AWS."""
    sent_at: str
    """In ISO 8601."""
    topic: str
    to: tuple[str, ...]
    subject: str
    """Empty if the message has none, as those of pipelines' own rules."""
    text: str


class _Box:
    """The last thousand mails."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mails = deque[Mail](maxlen=_MOST_KEPT)
        self._sent = 0

    def put(self, topic: str, to: tuple[str, ...], subject: str, text: str) -> None:
        with self._lock:
            self._sent += 1
            now = datetime.now(UTC).isoformat(timespec="seconds")
            self._mails.append(Mail(self._sent, now, topic, to, subject, text))

    def all(self) -> list[Mail]:
        with self._lock:
            return list(self._mails)

    def clear(self) -> None:
        with self._lock:
            self._mails.clear()
            self._sent = 0


_box: Final = _Box()


def install() -> None:
    """Keep what moto's topics send; repeating it changes nothing."""
    topic: Any = Topic
    topic.publish = _publish_and_keep


def shutdown() -> None:
    """Forget all mails."""
    _box.clear()


def answer(request: Request, path: str) -> Response:
    """Answer GET with all mails, the oldest first."""
    if path != PATH:
        return Response("mails are at this address without more\n", 404)
    if request.method != "GET":
        return Response("only GET is answered here\n", 405)
    body = json.dumps({"mails": [asdict(mail) for mail in _box.all()]})
    return Response(body, 200, content_type="application/json")


def _publish_and_keep(topic: Any, message: str, *arguments: Any, **options: Any) -> str:
    sent: str = _publish(topic, message, *arguments, **options)
    subject, attributes = (*arguments, None, None)[:2]
    subject, attributes = options.get("subject", subject), options.get("message_attributes", attributes)
    subscriptions, _ = topic.sns_backend.list_subscriptions_by_topic(topic_arn=topic.arn)
    to = tuple(one.endpoint for one in subscriptions if one.protocol in _PROTOCOLS and _takes(one, attributes, message))
    if to:
        _box.put(topic.arn, to, subject or "", _text(message, options.get("message_structure")))
    return sent


def _takes(subscription: Subscription, attributes: dict[str, Any] | None, message: str) -> bool:
    """Whether the filter policy of a subscription lets a message through."""
    matcher: Any = subscription._filter_policy_matcher
    return matcher is None or bool(matcher.matches(attributes, message))


def _text(message: str, structure: str | None) -> str:
    if structure != "json":
        return message
    texts = json.loads(message)
    return str(texts.get("email", texts["default"]))
