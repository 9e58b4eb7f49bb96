# SPDX-License-Identifier: Apache-2.0
"""Looks at what goes on, with growing pauses between two of them. What is busy for a moment does not end them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Final, Protocol, TypeVar

from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.exceptions import HTTPClientError

from mlops_orchestrator.errors import Failed

_DAY: Final = 24 * 3600.0
_FIRST_PAUSE_SECONDS: Final = 0.3
_LONGEST_PAUSE_SECONDS: Final = 5.0
_PAUSE_GROWTH: Final = 1.3
# A changed request starts an execution, or the update of the pipeline does.
_NEW_EXECUTION_SECONDS: Final = 60
_PASSING: Final = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_MOST_FAILURES_IN_A_ROW: Final = 5

_Result = TypeVar("_Result")


class Watched(Protocol):
    """What comes to an end, as an execution does."""

    @property
    def has_ended(self) -> bool:
        """Whether it will not change any more."""

    def is_of(self, execution: str | None) -> bool:
        """Whether an execution is the newest."""


WatchedT = TypeVar("WatchedT", bound=Watched)


def looks(look: Callable[[], _Result], timeout: float | None) -> Iterator[_Result]:
    """Yield what there is to see, again and again, until `timeout` seconds have passed; None looks for ever.

    A look that fails for a reason that passes is repeated; several of them in a row raise what the last one did.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    pause, failures = _FIRST_PAUSE_SECONDS, 0
    while True:
        try:
            found = look()
        except (Failed, HTTPClientError, NoConnectionError) as error:
            failures += 1
            if failures > _MOST_FAILURES_IN_A_ROW or (isinstance(error, Failed) and error.status not in _PASSING):
                raise
        else:
            failures = 0
            yield found
        left = pause if deadline is None else deadline - time.monotonic()
        if left <= 0:
            return
        threading.Event().wait(min(pause, left))
        pause = min(pause * _PAUSE_GROWTH, _LONGEST_PAUSE_SECONDS)


def watch(
    ask: Callable[[], WatchedT],
    before: str | None = None,
    until: Callable[[WatchedT], bool] = lambda _: False,
    timeout: float | None = _DAY,
) -> Iterator[WatchedT]:
    """Yield the status repeatedly until the pipeline has ended, `until` is true, or the time is over.

    `before` is an execution that has ended: a new one is expected to begin within a minute.
    """
    started = time.monotonic()
    for status in looks(ask, timeout):
        is_old = status.is_of(before)
        if not is_old or time.monotonic() - started > _NEW_EXECUTION_SECONDS:
            yield status
            if status.has_ended or until(status):
                return
