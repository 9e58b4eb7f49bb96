# SPDX-License-Identifier: Apache-2.0
"""Process of a Lambda function: start it, send it events, read its log, end it."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

from scripts.local_aws.functions import function_host
from scripts.local_aws.functions.function_sandbox import END_SECONDS, Sandbox, Settings

# Lambda allows 10 s for the import of a handler; a busy development machine gets more.
START_SECONDS = 60.0


@dataclass(frozen=True)
class Outcome:
    """Result of an invocation: `payload` is JSON, `error` is Lambda's word for the kind of failure, or None."""

    request_id: str
    payload: bytes
    error: str | None
    log: str = ""

    @property
    def failure(self) -> dict[str, Any]:
        """Error object (`errorType`, `errorMessage`); empty if the invocation succeeded."""
        return dict(json.loads(self.payload)) if self.error else {}


class StreamFailedError(Exception):
    """Raised in place of an answer, or within one; `failure` is Lambda's error object."""

    def __init__(self, failure: dict[str, Any]) -> None:
        super().__init__(f"{failure.get('errorType')}: {failure.get('errorMessage')}")
        self.failure = failure


class FunctionProcess:
    """Warm process that answers one event at a time. Time is limited, memory is not."""

    def __init__(self, settings: Settings, code: Path) -> None:
        self._settings = settings
        self._channel, theirs = Pipe()
        command = [sys.executable, "-u", function_host.__file__, str(theirs.fileno())]
        self._sandbox = Sandbox(settings, code, command, (theirs.fileno(),))
        theirs.close()
        self._log = self._sandbox.log
        self._imported = False
        # Reentrant: a failing call kills its own process.
        self._calling = threading.RLock()

    @property
    def alive(self) -> bool:
        """Whether the process can take another event."""
        return self._sandbox.process.poll() is None and not self._channel.closed

    def call(self, event: bytes, request_id: str) -> Outcome:
        """Send one event (JSON) and wait for its answer, at most as long as the function's timeout.

        A process that is not ready, times out or exits is killed, and the outcome reports it.
        """
        with self._calling:
            self._log.begin()
            try:
                return self._exchange(event, request_id)
            except (EOFError, OSError):
                return self._ended(request_id)

    def stream(self, event: bytes, request_id: str) -> Iterator[bytes]:
        """Send one event (JSON) and yield the answer, in one part. Raise StreamFailedError."""
        outcome = self.call(event, request_id)
        if outcome.error:
            raise StreamFailedError(outcome.failure)
        yield outcome.payload

    def kill(self) -> None:
        """End the process and everything it started; return when it is gone and its log is written."""
        self._sandbox.kill()
        # A caller in another thread reads from the channel until the end of the process wakes it.
        with self._calling:
            self._channel.close()
        self._log.join(END_SECONDS)

    def _exchange(self, event: bytes, request_id: str) -> Outcome:
        if not self._ready():
            self.kill()
            return self._failed(request_id, "Sandbox.Timedout", f"Import timed out after {START_SECONDS:.2f} seconds")
        timeout = self._settings.timeout_seconds
        call = {"request_id": request_id, "function_arn": self._settings.arn, "deadline": time.time() + timeout}
        self._channel.send_bytes(json.dumps(call).encode())
        self._channel.send_bytes(event)
        if not self._channel.poll(timeout):
            self.kill()
            return self._failed(request_id, "Sandbox.Timedout", f"Task timed out after {timeout:.2f} seconds")
        succeeded = self._channel.recv_bytes() == b"1"
        payload = self._channel.recv_bytes()
        return Outcome(request_id, payload, None if succeeded else "Unhandled", self._log.end())

    def _ready(self) -> bool:
        if not self._imported and self._channel.poll(START_SECONDS):
            self._channel.recv_bytes()
            self._imported = True
        return self._imported

    def _ended(self, request_id: str) -> Outcome:
        reason = self._sandbox.why_ended()
        self.kill()
        return self._failed(request_id, "Runtime.ExitError", reason)

    def _failed(self, request_id: str, kind: str, message: str) -> Outcome:
        error = {"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {message}"}
        return Outcome(request_id, json.dumps(error).encode(), "Unhandled", self._log.end(message))
