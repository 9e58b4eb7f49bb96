# SPDX-License-Identifier: Apache-2.0
"""Waits for a condition, with growing pauses between two looks. What is busy for a moment does not end them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, Generic, TypeVar

from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.exceptions import HTTPClientError

from mlops_orchestrator.errors import Failed, TimedOut

_Result = TypeVar("_Result")
_FIRST_PAUSE_SECONDS: Final = 0.3
_LONGEST_PAUSE_SECONDS: Final = 10.0
_PAUSE_GROWTH: Final = 1.3
_PASSING: Final = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_MOST_IN_A_ROW: Final = 5


def until(look: Callable[[], _Result | None], timeout: float | None, what: Callable[[], str]) -> _Result:
    """Return the first result of `look` that is not None.

    Raise TimedOut after `timeout` seconds with the sentence that `what` gives; None waits as long as it takes.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    pause, patient = _FIRST_PAUSE_SECONDS, _Patient(look)
    while (found := patient.look()) is None:
        left = pause if deadline is None else deadline - time.monotonic()
        if left <= 0:
            raise TimedOut(what())
        threading.Event().wait(min(pause, left))
        pause = min(pause * _PAUSE_GROWTH, _LONGEST_PAUSE_SECONDS)
    return found


class _Patient(Generic[_Result]):
    """Looks that may fail some times in a row, for a reason that passes."""

    def __init__(self, look: Callable[[], _Result | None]) -> None:
        self._look = look
        self._failures = 0

    def look(self) -> _Result | None:
        """Return what there is to see; None if it was not to be seen this time."""
        try:
            found = self._look()
        except (Failed, HTTPClientError, NoConnectionError) as error:
            self._failures += 1
            if self._failures > _MOST_IN_A_ROW or (isinstance(error, Failed) and error.status not in _PASSING):
                raise
            return None
        self._failures = 0
        return found
