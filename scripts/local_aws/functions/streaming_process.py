# SPDX-License-Identifier: Apache-2.0
"""Process of a function whose runtime is started by a wrapper: it brings its own client of the Runtime API.

Its answers may be streams. A wrapper that starts the managed runtime after all is not for this module.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper
"""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from scripts.local_aws.functions.function_process import START_SECONDS, Outcome, StreamFailedError
from scripts.local_aws.functions.function_sandbox import END_SECONDS, Sandbox, Settings
from scripts.local_aws.functions.runtime_api import Ended, Invocation, RuntimeApi

_WRAPPER: Final = "AWS_LAMBDA_EXEC_WRAPPER"
_TASK_ROOT: Final = "/var/task/"
_MANAGED: Final = "/var/runtime/bootstrap.py"


def is_wrapped(settings: Settings) -> bool:
    """Whether a function's runtime is started by a wrapper."""
    return _WRAPPER in dict(settings.environment)


class StreamingProcess:
    """Warm process that answers one event at a time. Time is limited, memory is not."""

    def __init__(self, settings: Settings, code: Path) -> None:
        self._settings = settings
        self._api = RuntimeApi()
        wrapper = dict(settings.environment)[_WRAPPER]
        if wrapper.startswith(_TASK_ROOT):
            wrapper = str(code / wrapper.removeprefix(_TASK_ROOT))
        variables = {"AWS_LAMBDA_RUNTIME_API": self._api.address}
        try:
            self._sandbox = Sandbox(settings, code, (wrapper, sys.executable, _MANAGED), variables=variables)
        except OSError:
            self._api.close()
            raise
        threading.Thread(target=self._watch, name=f"end of {settings.name}", daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether the process can take another event."""
        return self._sandbox.process.poll() is None

    def call(self, event: bytes, request_id: str) -> Outcome:
        """Send one event (JSON) and wait for the whole answer."""
        try:
            answer = b"".join(self.stream(event, request_id))
        except StreamFailedError as error:
            return Outcome(request_id, json.dumps(error.failure).encode(), "Unhandled", self._sandbox.log.so_far())
        return Outcome(request_id, answer, None, self._sandbox.log.so_far())

    def stream(self, event: bytes, request_id: str) -> Iterator[bytes]:
        """Send one event (JSON) and yield the parts of the answer as they come. Raise StreamFailedError.

        A process that is not ready, times out, exits, or whose answer is not taken to its end is killed.
        """
        self._sandbox.log.begin()
        deadline = time.time() + self._settings.timeout_seconds
        invocation = Invocation(request_id, self._settings.arn, event, deadline)
        ended = None
        try:
            ended = self._not_ready()
            if ended is None:
                self._api.offer(invocation)
            while ended is None:
                part = self._next(invocation)
                if isinstance(part, bytes):
                    yield part
                else:
                    ended = part
        finally:
            if ended is None or ended.is_of_process:
                self.kill()
        if not ended.failure:
            return
        if not ended.is_of_process:
            raise StreamFailedError(ended.failure)
        message = str(ended.failure.get("errorMessage"))
        self._sandbox.log.end(message)
        raise StreamFailedError({**ended.failure, "errorMessage": f"RequestId: {request_id} Error: {message}"})

    def kill(self) -> None:
        """End the process and everything it started; return when it is gone and its log is written."""
        self._sandbox.kill()
        self._sandbox.log.join(END_SECONDS)
        self._api.close()

    def _not_ready(self) -> Ended | None:
        if not self._api.has_asked.wait(START_SECONDS):
            return _ended("Sandbox.Timedout", f"Import timed out after {START_SECONDS:.2f} seconds")
        # A failed start is retried with the next event in a new process, as on Lambda.
        return Ended(self._api.init_failure, is_of_process=True) if self._api.init_failure else None

    def _next(self, invocation: Invocation) -> bytes | Ended:
        try:
            return invocation.came.get(timeout=max(0, invocation.deadline - time.time()))
        except queue.Empty:
            return _ended("Sandbox.Timedout", f"Task timed out after {self._settings.timeout_seconds:.2f} seconds")

    def _watch(self) -> None:
        self._sandbox.process.wait()
        self._api.process_ended(_ended("Runtime.ExitError", self._sandbox.why_ended()))


def _ended(kind: str, message: str) -> Ended:
    return Ended({"errorType": kind, "errorMessage": message}, is_of_process=True)
