# SPDX-License-Identifier: Apache-2.0
"""Waiting for conditions: each wait has an end, and reports each minute that it goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

from scripts.verification.scene import PartFailedError, Scene

_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 15.0
_PAUSE_GROWTH: Final = 1.3
_TOLD_EACH_SECONDS: Final = 60.0

Found = TypeVar("Found")


def until(scene: Scene, what: str, minutes: float, condition: Callable[[], Found | None]) -> Found:
    """Wait for a true value and return it. Raise `PartFailedError` when the time is over."""
    started = told = time.monotonic()
    pause = _FIRST_PAUSE_SECONDS
    while not (found := condition()):
        now = time.monotonic()
        if now - started > minutes * 60:
            raise PartFailedError(f"waited {minutes:g} minutes for {what}, which did not come")
        if now - told > _TOLD_EACH_SECONDS:
            told = now
            scene.say(f"  waiting for {what}: {(now - started) / 60:.0f} of at most {minutes:g} minutes")
        threading.Event().wait(pause)
        pause = min(pause * _PAUSE_GROWTH, _LONGEST_PAUSE_SECONDS)
    return found
