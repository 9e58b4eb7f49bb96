# SPDX-License-Identifier: Apache-2.0
"""Waiting for conditions: the end is generous, for machines that have more to do."""

from __future__ import annotations

import threading
from collections.abc import Callable

SECONDS = 60.0
_SECONDS_BETWEEN_LOOKS = 0.02


def eventually(condition: Callable[[], bool]) -> None:
    """Look until something is true that wakes nobody."""
    pause = threading.Event()
    for _ in range(int(SECONDS / _SECONDS_BETWEEN_LOOKS)):
        if condition():
            return
        pause.wait(_SECONDS_BETWEEN_LOOKS)
    raise AssertionError("it does not become true")
