# SPDX-License-Identifier: Apache-2.0
"""Warm processes of every function: a few per function, started on demand, replaced when the function changes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from scripts.local_aws.functions import function_code
from scripts.local_aws.functions.function_process import FunctionProcess, Outcome
from scripts.local_aws.functions.function_sandbox import Settings
from scripts.local_aws.functions.streaming_process import StreamingProcess, is_wrapped

MAX_PROCESSES = 4
# Time that a call waits if every process is busy: Lambda's longest timeout.
_WAIT_SECONDS = 900.0


class ThrottledError(Exception):
    """Raised if no process became free in time."""


class RetiredError(Exception):
    """Raised if the pool's function has changed or is gone; the caller takes the new pool."""


_Process = FunctionProcess | StreamingProcess


class FunctionPool:
    """Processes for one version of a function's code and settings."""

    def __init__(self, settings: Settings, code: bytes, limit: int) -> None:
        self.settings = settings
        self._limit = limit
        # Closed after the last process has ended: a running invocation may still import from it.
        self._code = function_code.unpacked(code)
        self._changed = threading.Condition()
        self._idle: list[_Process] = []
        self._busy: set[_Process] = set()
        self._starting = 0
        self._retired = False

    def call(self, event: bytes, request_id: str) -> Outcome:
        """Run one event. Raise RetiredError, or ThrottledError if all processes stay busy."""
        process = self._take()
        try:
            return process.call(event, request_id)
        finally:
            self._give_back(process)

    def stream(self, event: bytes, request_id: str) -> Iterator[bytes]:
        """Run one event, and yield the parts of the answer as they come: of most functions only one.

        Raises as `call` does, and StreamFailedError.
        """
        process = self._take()
        try:
            yield from process.stream(event, request_id)
        finally:
            self._give_back(process)

    def retire(self) -> None:
        """Take no more calls. Processes end after their running call, as when Lambda replaces code."""
        with self._changed:
            self._retired = True
            idle, self._idle = self._idle, []
            self._changed.notify_all()
        _kill(idle)
        self._clean_when_empty()

    def kill(self) -> None:
        """End every process now; running calls fail."""
        self.retire()
        with self._changed:
            # A process that is being started is killed by its own caller, who finds the pool retired.
            busy = list(self._busy)
        _kill(busy)
        with self._changed:
            self._changed.wait_for(lambda: not self._busy and not self._starting, timeout=30)

    def _take(self) -> _Process:
        deadline = time.monotonic() + _WAIT_SECONDS
        with self._changed:
            while True:
                if self._retired:
                    raise RetiredError
                if self._idle:
                    process = self._idle.pop()
                    self._busy.add(process)
                    return process
                if len(self._busy) + self._starting < self._limit:
                    self._starting += 1
                    break
                if not self._changed.wait(deadline - time.monotonic()):
                    raise ThrottledError(f"all {self._limit} local processes of {self.settings.name} are busy")
        return self._start()

    def _start(self) -> _Process:
        process = None
        try:
            kind = StreamingProcess if is_wrapped(self.settings) else FunctionProcess
            process = kind(self.settings, self._code.path)
        finally:
            with self._changed:
                self._starting -= 1
                if process is not None:
                    self._busy.add(process)
                self._changed.notify_all()
        return process

    def _give_back(self, process: _Process) -> None:
        with self._changed:
            keep = process.alive and not self._retired
            if keep:
                self._busy.remove(process)
                self._idle.append(process)
                self._changed.notify()
        if not keep:
            self._end(process)

    def _end(self, process: _Process) -> None:
        process.kill()
        with self._changed:
            self._busy.discard(process)
            self._changed.notify_all()
        self._clean_when_empty()

    def _clean_when_empty(self) -> None:
        with self._changed:
            empty = self._retired and not self._busy and not self._starting
        if empty:
            self._code.close()


class Pools:
    """Pool of each function, by the function's ARN."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pools: dict[str, FunctionPool] = {}
        self._closed = False

    def of(self, settings: Settings, code: bytes, limit: int) -> FunctionPool:
        """Return the pool for exactly these settings; an older one is retired. Raise RuntimeError once closed."""
        with self._lock:
            if self._closed:
                raise RuntimeError("the local AWS is stopping")
            old = self._pools.get(settings.arn)
            if old is not None and old.settings == settings:
                return old
            pool = self._pools[settings.arn] = FunctionPool(settings, code, limit)
        if old is not None:
            old.retire()
        return pool

    def drop(self, arn: str) -> None:
        """Retire the pool of a deleted function."""
        with self._lock:
            pool = self._pools.pop(arn, None)
        if pool is not None:
            pool.retire()

    def close(self) -> None:
        """End every process and accept no new one."""
        with self._lock:
            self._closed = True
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            pool.kill()


def _kill(processes: list[_Process]) -> None:
    for process in processes:
        process.kill()
