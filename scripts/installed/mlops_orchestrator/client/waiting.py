# SPDX-License-Identifier: Apache-2.0
"""Waits for a condition, with growing pauses between two looks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

from mlops_orchestrator.errors import TimedOut

_Result = TypeVar("_Result")
_FIRST_PAUSE_SECONDS: Final = 0.3
_LONGEST_PAUSE_SECONDS: Final = 10.0
_PAUSE_GROWTH: Final = 1.3


def until(look: Callable[[], _Result | None], timeout: float | None, what: Callable[[], str]) -> _Result:
    """Return the first result of `look` that is not None.

    Raise TimedOut after `timeout` seconds with the sentence that `what` gives; None waits as long as it takes.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    pause = _FIRST_PAUSE_SECONDS
    while (found := look()) is None:
        left = pause if deadline is None else deadline - time.monotonic()
        if left <= 0:
            raise TimedOut(what())
        threading.Event().wait(min(pause, left))
        pause = min(pause * _PAUSE_GROWTH, _LONGEST_PAUSE_SECONDS)
    return found
