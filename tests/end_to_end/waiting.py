# SPDX-License-Identifier: Apache-2.0
"""Waiting for conditions: looked at often, given up late, however slow the machine is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TypeVar

LONGEST_SECONDS: Final = 240.0
_PAUSE_SECONDS: Final = 0.05

Found = TypeVar("Found")


def until(condition: Callable[[], Found | None]) -> Found:
    """Wait for a true value and give it."""
    deadline, pause = time.monotonic() + LONGEST_SECONDS, threading.Event()
    while time.monotonic() < deadline:
        if found := condition():
            return found
        pause.wait(_PAUSE_SECONDS)
    raise AssertionError("the condition did not come true in time")


def minute_told() -> None:
    """Wait until CloudWatch tells of the current minute: a request names whole seconds, and excludes the last."""
    until(lambda: datetime.now(UTC).second > 0)
