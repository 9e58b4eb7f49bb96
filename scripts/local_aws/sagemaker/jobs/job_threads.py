# SPDX-License-Identifier: Apache-2.0
"""Threads for jobs that go on after the call that started them was answered.

Every change of a job is made under `changed` and wakes all who wait. One job, one thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

_SECONDS_TO_END = 10.0


class JobThreads:
    """Threads of jobs; `is_ending` is true once the local AWS stops."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.is_ending = False
        self._live: set[threading.Thread] = set()

    def open(self) -> None:
        """Allow jobs to run."""
        self.is_ending = False

    def spawn(self, name: str, work: Callable[[], None]) -> None:
        """Run `work` on a thread of its own."""
        thread = threading.Thread(target=self._run, args=(work,), name=name, daemon=True)
        with self.changed:
            self._live.add(thread)
        thread.start()

    def wait_idle(self, timeout: float) -> bool:
        """Wait until no job runs, at most `timeout` seconds; return whether that was reached."""
        with self.changed:
            return self.changed.wait_for(lambda: not self._live, timeout)

    def close(self) -> None:
        """Ask every job to end, and wait for their threads."""
        with self.changed:
            self.is_ending = True
            self.changed.notify_all()
        self.wait_idle(_SECONDS_TO_END)

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            with self.changed:
                self._live.discard(threading.current_thread())
                self.changed.notify_all()
