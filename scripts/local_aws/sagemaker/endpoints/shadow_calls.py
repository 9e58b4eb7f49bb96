# SPDX-License-Identifier: Apache-2.0
"""Calls of shadow variants."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final

_SHADOW_THREADS: Final = 2


class ShadowCalls:
    """Calls of shadow variants, on threads of their own: nobody waits for their answers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._pending: set[Future[None]] = set()

    def start(self, call: Callable[[], None]) -> None:
        """Make a call."""
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(_SHADOW_THREADS, thread_name_prefix="shadow-calls")
            future = self._pool.submit(call)
            self._pending.add(future)
        future.add_done_callback(self._over)

    def _over(self, future: Future[None]) -> None:
        with self._lock:
            self._pending.discard(future)

    def flush(self, timeout: float) -> bool:
        """Wait for the calls under way. Return false if that takes longer than `timeout`."""
        with self._lock:
            pending = set(self._pending)
        return not wait(pending, timeout).not_done

    def stop(self) -> None:
        """Let the calls end."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool:
            pool.shutdown()
