# SPDX-License-Identifier: Apache-2.0
"""Lambda proxy integrations that stream: status and headers first, then the body as the function gives it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
"""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any, Final

from werkzeug.datastructures import Headers

from scripts.local_aws.apigateway.proxy import Answer, MalformedAnswerError, headers_of

_DELIMITER: Final = bytes(8)
_MOST_METADATA: Final = 16 * 1024
_METADATA: Final = frozenset({"headers", "multiValueHeaders", "cookies", "statusCode"})
# For regional and private endpoints:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
_IDLE_SECONDS: Final = 300.0

_logger = logging.getLogger(__name__)


class _Relay:
    """Parts on their way from a function: as on AWS, it goes on when nobody takes them any more."""

    def __init__(self, parts: Iterable[bytes], seconds: float) -> None:
        self._parts = parts
        self._deadline = time.monotonic() + seconds
        self._came: queue.SimpleQueue[bytes | Exception | None] = queue.SimpleQueue()
        threading.Thread(target=self._pump, name="streamed answer", daemon=True).start()

    def next(self) -> bytes | None:
        """Wait for the next part; None at the end. Raise TimeoutError, and what the function raises."""
        try:
            part = self._came.get(timeout=max(0, min(_IDLE_SECONDS, self._deadline - time.monotonic())))
        except queue.Empty:
            raise TimeoutError from None
        if isinstance(part, Exception):
            raise part
        return part

    def _pump(self) -> None:
        try:
            for part in self._parts:
                self._came.put(part)
            self._came.put(None)
        except Exception as error:
            self._came.put(error)


def answer(parts: Iterable[bytes], seconds: float) -> Answer:
    """Return the answer as soon as its metadata are there.

    Raises MalformedAnswerError, TimeoutError, and whatever the function raises before them; later, the body is cut.
    """
    relay = _Relay(parts, seconds)
    begun = b""
    while _DELIMITER not in begun:
        part = relay.next()
        if part is None or len(begun) > _MOST_METADATA:
            raise MalformedAnswerError("no metadata with eight null bytes behind them")
        begun += part
    metadata, _, first = begun.partition(_DELIMITER)
    if len(metadata) + len(_DELIMITER) > _MOST_METADATA:
        raise MalformedAnswerError(f"more than {_MOST_METADATA} bytes of metadata")
    status, headers = _read(metadata)
    return Answer(status, headers, _body(first, relay))


def _read(metadata: bytes) -> tuple[int, Headers]:
    try:
        found: dict[str, Any] = json.loads(metadata)
        if unknown := sorted(found.keys() - _METADATA):
            raise MalformedAnswerError(f"unknown metadata: {', '.join(unknown)}")
        headers = headers_of(found, Headers())
        headers.extend([("Set-Cookie", str(cookie)) for cookie in found.get("cookies") or ()])
        return int(found.get("statusCode", 200)), headers
    except (TypeError, ValueError, AttributeError) as error:
        raise MalformedAnswerError(str(error)) from error


def _body(first: bytes, relay: _Relay) -> Iterator[bytes]:
    part: bytes | None = first
    while part is not None:
        # The server sends no empty part, which would be the end.
        yield part
        try:
            part = relay.next()
        except Exception as error:
            _logger.warning("a streamed answer was cut: %r", error)
            # The server closes the connection without the last chunk.
            raise ConnectionAbortedError from error
