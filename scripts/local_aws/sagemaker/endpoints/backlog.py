# SPDX-License-Identifier: Apache-2.0
"""Requests that wait for an asynchronous endpoint, and those that it works on."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Given:
    """What InvokeEndpointAsync is given. Absent headers are empty."""

    input_location: str
    content_type: str = ""
    accept: str = ""
    inference_id: str = ""
    custom_attributes: str = ""
    seconds: str = ""


@dataclass(frozen=True)
class Waiting:
    """Request that waits, with its id and the places of its answer; there may be none for a failure."""

    given: Given
    inference_id: str
    output_location: str
    failure_location: str
    received: datetime
    seconds: float
    """How long it may wait."""


class Backlog:
    """Queue of an endpoint. What is worked on counts until it is done."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[Waiting] = deque()
        self._taken = 0

    def add(self, request: Waiting) -> None:
        """Add a request at the end."""
        with self._changed:
            self._waiting.append(request)

    def take(self) -> Waiting | None:
        """Take the oldest request, which is worked on until `done`; None if none waits."""
        with self._changed:
            if not self._waiting:
                return None
            self._taken += 1
            return self._waiting.popleft()

    def done(self) -> None:
        """End the work on a request."""
        with self._changed:
            self._taken -= 1
            self._changed.notify_all()

    @property
    def size(self) -> int:
        """How many wait or are worked on."""
        with self._changed:
            return len(self._waiting) + self._taken

    def wait_until_empty(self, timeout: float) -> bool:
        """Wait until none is left, at most `timeout` seconds; return whether that was reached."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._taken, timeout)
