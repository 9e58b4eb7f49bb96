# SPDX-License-Identifier: Apache-2.0
"""The local AWS's clock: real time, plus what somebody has added to it.

Waits of deployments, periods of alarms, cool-downs and scheduled capacity go by it. `advance` does at once, in the
right order, what would happen meanwhile; so does `POST /_clock?seconds=600`.
"""

from __future__ import annotations

import heapq
import itertools
import json
import logging
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from werkzeug.wrappers import Request, Response

PATH: Final = "/_clock"
_LONGEST_SECONDS: Final = 366 * 24 * 3600.0
_STOP_SECONDS: Final = 10.0
_log = logging.getLogger(__name__)
_numbers = itertools.count()


@dataclass(order=True)
class _Timer:
    """Action that waits for its moment; the numbers keep those of one moment in order."""

    moment: datetime
    number: int
    action: Callable[[], object] = field(compare=False)


class Clock:
    """Time with timers. One action runs at a time, at its own moment, on the thread that moves the clock."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running = threading.RLock()
        self._added = timedelta()
        self._timers: list[_Timer] = []
        self._thread: threading.Thread | None = None
        self._stopping = False

    def now(self) -> datetime:
        """Return the time here, in UTC."""
        return datetime.now(UTC) + self._added

    @property
    def added(self) -> timedelta:
        """How far it is ahead of the real time."""
        return self._added

    def when(self, moment: datetime, action: Callable[[], object]) -> None:
        """Do something at a moment, or as soon as possible if that is over."""
        with self._changed:
            heapq.heappush(self._timers, _Timer(moment, next(_numbers), action))
            if self._thread is None and not self._stopping:
                self._thread = threading.Thread(target=self._run, name="local-clock", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def every(self, seconds: float, action: Callable[[datetime], object]) -> None:
        """Do something at each multiple of some seconds, which it is told, until the clock stops."""

        def plan(after: datetime) -> None:
            moment = datetime.fromtimestamp((math.floor(after.timestamp() / seconds) + 1) * seconds, UTC)
            self.when(moment, lambda: again(moment))

        def again(moment: datetime) -> None:
            try:
                action(moment)
            finally:
                plan(moment)

        plan(self.now())

    def advance(self, seconds: float) -> datetime:
        """Move the clock, do all that falls into that time, and return the new time."""
        if not 0 <= seconds <= _LONGEST_SECONDS:
            raise ValueError(f"A clock moves by 0 to {_LONGEST_SECONDS:.0f} seconds, not by {seconds}.")
        with self._running:
            end = self.now() + timedelta(seconds=seconds)
            self._work_until(end)
            self._reach(end)
        return self.now()

    def start(self) -> None:
        """Begin with the real time, and nothing to do."""
        with self._changed:
            self._added, self._timers, self._stopping = timedelta(), [], False

    def stop(self) -> None:
        """Drop all timers and end the thread."""
        with self._changed:
            self._timers, self._stopping = [], True
            thread, self._thread = self._thread, None
            self._changed.notify_all()
        if thread and thread is not threading.current_thread():
            thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        """Do by real time what nobody has done by moving the clock."""
        while True:
            with self._changed:
                if self._stopping:
                    return
                left = (self._timers[0].moment - self.now()).total_seconds() if self._timers else None
                if left is None or left > 0:
                    self._changed.wait(left)
                    continue
            with self._running:
                self._work_until(self.now())

    def _work_until(self, end: datetime) -> None:
        while timer := self._next(end):
            self._reach(timer.moment)
            try:
                timer.action()
            except Exception:
                _log.exception("what was due at %s has failed", timer.moment)

    def _next(self, end: datetime) -> _Timer | None:
        with self._changed:
            return heapq.heappop(self._timers) if self._timers and self._timers[0].moment <= end else None

    def _reach(self, moment: datetime) -> None:
        """Move the clock forward to a moment; it never goes back."""
        with self._changed:
            self._added += max(timedelta(), moment - self.now())
            self._changed.notify_all()


CLOCK: Final = Clock()
now, when, every, advance = CLOCK.now, CLOCK.when, CLOCK.every, CLOCK.advance


def real_time(seconds: int) -> datetime:
    """Return a moment here, in seconds since 1970, as long ago in real time; in UTC without a zone."""
    return (datetime.fromtimestamp(seconds, UTC) - CLOCK.added).replace(tzinfo=None)


def install() -> None:
    """Begin with the real time."""
    CLOCK.start()


def shutdown() -> None:
    """Drop what was to come."""
    CLOCK.stop()


def answer(request: Request, _: str) -> Response:
    """Serve `GET /_clock`, the time here, and `POST /_clock?seconds=...`, which moves it."""
    if request.method == "POST":
        try:
            advance(float(request.args.get("seconds", "")))
        except ValueError as error:
            return _json(400, {"message": str(error)})
    elif request.method != "GET":
        return _json(405, {"message": "The clock is read by GET and moved by POST."})
    return _json(200, {"now": now().isoformat(timespec="milliseconds"), "added": CLOCK.added.total_seconds()})


def _json(status: int, body: dict[str, object]) -> Response:
    return Response(json.dumps(body) + "\n", status, content_type="application/json")
