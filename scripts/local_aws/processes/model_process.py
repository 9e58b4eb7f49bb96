# SPDX-License-Identifier: Apache-2.0
"""Server side of a served model: a process that has it loaded, connected by pipes.

One JSON object per line goes in and out: first `{"ready": true}` or `{"failed": reason}`, then an answer `{"status",
"content_type", "body"}` for each request `{"body", "content_type", "accept"}`, bodies in base64.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import queue
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from scripts.local_aws.processes.programs import Process

# SageMaker allows a container this long to answer an invocation:
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
_ANSWER_SECONDS = 60.0
_STOP_SECONDS = 5.0

_running: set[ModelProcess] = set()


class HostError(Exception):
    """Raised if the model cannot be served, or its process is gone; the message gives the reason."""


@dataclass(frozen=True)
class Prediction:
    """Answer of the image: HTTP status, content type and body."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True)
class Streamed:
    """Answer of the image as it comes."""

    status: int
    content_type: str
    parts: Iterator[bytes]


class ModelProcess:
    """Process that has one model loaded. Requests are answered one at a time."""

    def __init__(self, start: Callable[[int, int], Process], seconds: float) -> None:
        """Have `start` run a program with these standard input and output, and wait until the model is loaded.

        Raises HostError with the model's message, also if it takes longer than these seconds.
        """
        self._asking = threading.RLock()
        questions, answers = os.pipe(), os.pipe()
        self._questions, self._answers = os.fdopen(questions[1], "w"), os.fdopen(answers[0])
        try:
            self._process = start(questions[0], answers[1])
        finally:
            os.close(questions[0])
            os.close(answers[1])
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, name="model process", daemon=True)
        self._reader.start()
        _running.add(self)
        try:
            self._expect_ready(seconds)
        except HostError:
            self.stop()
            raise

    def predict(self, body: bytes, content_type: str, accept: str) -> Prediction:
        """Request one prediction. Raise HostError if the process is gone or does not answer within a minute."""
        request = {"body": base64.b64encode(body).decode(), "content_type": content_type, "accept": accept}
        with self._asking:
            self._send(request)
            answer = self._next_message(_ANSWER_SECONDS)
        return Prediction(answer["status"], answer["content_type"], base64.b64decode(answer["body"]))

    def stream(self, body: bytes, content_type: str, accept: str) -> Streamed:
        """Request one prediction, in parts: one, because the servers of these images do not stream.

        Raises as `predict` does.
        """
        whole = self.predict(body, content_type, accept)
        return Streamed(whole.status, whole.content_type, iter([whole.body]))

    def stop(self) -> None:
        """End the process after its current answer; no effect if it has ended."""
        _running.discard(self)
        with contextlib.ExitStack() as asking:
            if self._asking.acquire(timeout=_STOP_SECONDS):
                asking.callback(self._asking.release)
            self._end()

    def _end(self) -> None:
        # Killed, not asked by a closed pipe: the process has nothing to save, and may be stuck in work.
        self._process.kill()
        self._process.wait(_STOP_SECONDS)
        self._reader.join(_STOP_SECONDS)
        for pipe in (self._questions, self._answers):
            # What could not be sent before cannot be sent at the end either.
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def _expect_ready(self, seconds: float) -> None:
        message = self._next_message(seconds)
        if "failed" in message:
            raise HostError(message["failed"])

    def _send(self, request: dict[str, str]) -> None:
        try:
            self._questions.write(json.dumps(request) + "\n")
            self._questions.flush()
        except (OSError, ValueError) as error:
            raise HostError(self._ended()) from error

    def _read(self) -> None:
        for line in self._answers:
            self._lines.put(line)
        self._lines.put("")

    def _next_message(self, seconds: float) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty as error:
            # A late answer would be taken for the answer to the next request.
            self.stop()
            raise HostError(f"the model did not answer within {seconds:.0f} seconds") from error
        if not line:
            self._lines.put("")
            raise HostError(self._ended())
        message: dict[str, Any] = json.loads(line)
        return message

    def _ended(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            # Its pipes close a moment before it has ended.
            self._process.wait(_STOP_SECONDS)
        return f"the process that served the model has ended with status {self._process.poll()}"


def running() -> list[ModelProcess]:
    """Return the processes that have not been stopped."""
    return list(_running)


def stop_all() -> None:
    """Stop every process that serves a model."""
    for process in running():
        process.stop()
