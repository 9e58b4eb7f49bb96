# SPDX-License-Identifier: Apache-2.0
"""Runtime API of a function's process that brings its own client: events out, answers in, whole or part by part.

A server on a port of its own for each process, as each execution environment of Lambda has one.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
"""

from __future__ import annotations

import base64
import contextlib
import json
import queue
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

_HOST: Final = "127.0.0.1"
_NEXT: Final = "/2018-06-01/runtime/invocation/next"
_INIT_ERROR: Final = "/2018-06-01/runtime/init/error"
_ANSWER: Final = re.compile(r"/2018-06-01/runtime/invocation/(?P<id>[\w-]+)/(?P<kind>response|error)")
_MODE: Final = "Lambda-Runtime-Function-Response-Mode"
_ERROR_TYPE, _ERROR_BODY = "Lambda-Runtime-Function-Error-Type", "Lambda-Runtime-Function-Error-Body"
_NOTICE_SECONDS: Final = 0.05
_END_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Ended:
    """End of an answer. `failure` is the error object (`errorType`, `errorMessage`), empty for a whole answer."""

    failure: dict[str, Any] = field(default_factory=dict)
    is_of_process: bool = False
    """Whether it is the end of the process, too."""


@dataclass(frozen=True)
class Invocation:
    """Event for the process, and what came of it so far: parts, and at last one `Ended`."""

    request_id: str
    function_arn: str
    event: bytes
    deadline: float
    """Seconds since 1970."""
    came: queue.SimpleQueue[bytes | Ended] = field(default_factory=queue.SimpleQueue)


class BrokenAnswerError(Exception):
    """Raised for an answer that does not follow HTTP's chunked encoding, as when the process ends within it."""


class RuntimeApi:
    """The API that one process asks."""

    def __init__(self) -> None:
        self.has_asked = threading.Event()
        """Set by the first request for an event: the handler is imported then."""
        self.init_failure: dict[str, Any] = {}
        self._waiting: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._current: Invocation | None = None
        self._end: Ended | None = None
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_NOTICE_SECONDS,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Host and port, for AWS_LAMBDA_RUNTIME_API."""
        return f"{_HOST}:{self._server.server_address[1]}"

    def offer(self, invocation: Invocation) -> None:
        """Let the process have an event."""
        with self._lock:
            self._current = invocation
            if self._end:
                invocation.came.put(self._end)
        self._waiting.put(invocation)

    def process_ended(self, end: Ended) -> None:
        """End the answer that the process would have given, behind all that it has sent."""
        self._waiting.put(None)
        self._server.wait_for_requests()
        with self._lock:
            self._end = end
            if self._current:
                self._current.came.put(end)
        self.has_asked.set()

    def close(self) -> None:
        """Stop listening. May be repeated."""
        self._waiting.put(None)
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def taken(self) -> Invocation | None:
        """Wait for an event; None once there are no more."""
        self.has_asked.set()
        return self._waiting.get()

    def running(self, request_id: str) -> Invocation | None:
        """Return the invocation that the process answers, if it is this one."""
        found = self._current
        return found if found and found.request_id == request_id else None

    def init_failed(self, failure: dict[str, Any]) -> None:
        """Note why the process has no handler."""
        self.init_failure = failure
        self.has_asked.set()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, api: RuntimeApi) -> None:
        super().__init__((_HOST, 0), _Requests)
        self.api = api
        self._open = 0
        self._changed = threading.Condition()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Count a connection from its acceptance on."""
        with self._changed:
            self._open += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Count a connection no longer."""
        super().shutdown_request(request)
        with self._changed:
            self._open -= 1
            self._changed.notify_all()

    def wait_for_requests(self) -> None:
        """Wait until the connections of a process that has ended are read to their ends."""
        # Connections are accepted in their order: after this one, all of the process have been.
        with contextlib.suppress(OSError), socket.create_connection((_HOST, self.server_port), _END_SECONDS) as last:
            last.shutdown(socket.SHUT_WR)
            last.recv(1)
        with self._changed:
            self._changed.wait_for(lambda: not self._open, _END_SECONDS)


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *arguments: Any) -> None:
        """Log nothing."""

    def do_GET(self) -> None:
        invocation = self.server.api.taken() if self.path == _NEXT else None
        if invocation is None:
            self._reply(HTTPStatus.NOT_FOUND)
            return
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(invocation.deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
            "Content-Type": "application/json",
        }
        self._reply(HTTPStatus.OK, invocation.event, headers)

    def do_POST(self) -> None:
        if self.path == _INIT_ERROR:
            self.server.api.init_failed(dict(json.loads(self._whole())))
            self._reply(HTTPStatus.ACCEPTED)
            return
        found = _ANSWER.fullmatch(self.path)
        invocation = self.server.api.running(found["id"]) if found else None
        if found is None or invocation is None:
            self._reply(HTTPStatus.BAD_REQUEST)
            return
        self._take(found["kind"], invocation)
        self._reply(HTTPStatus.ACCEPTED)

    def _take(self, kind: str, invocation: Invocation) -> None:
        if kind == "error":
            invocation.came.put(Ended(dict(json.loads(self._whole()))))
            return
        if self.headers.get(_MODE) != "streaming":
            invocation.came.put(self._whole())
            invocation.came.put(Ended())
            return
        try:
            for part in self._chunks():
                invocation.came.put(part)
            invocation.came.put(Ended(_failure(self._trailers())))
        except (BrokenAnswerError, OSError) as error:
            failure = {"errorType": "Runtime.ExitError", "errorMessage": str(error)}
            invocation.came.put(Ended(failure, is_of_process=True))
            self.close_connection = True

    def _whole(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _chunks(self) -> Iterator[bytes]:
        """Yield the parts as they come. Raise BrokenAnswerError."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            raise BrokenAnswerError("a streamed answer is sent in chunks")
        while True:
            line = self.rfile.readline().strip()
            try:
                size = int(line, 16)
            except ValueError:
                raise BrokenAnswerError(f"no size of a chunk: {line!r}") from None
            if not size:
                return
            part = self.rfile.read(size)
            if len(part) < size or self.rfile.read(2) != b"\r\n":
                raise BrokenAnswerError("a chunk is not whole")
            yield part

    def _trailers(self) -> dict[str, str]:
        """Return the trailers that were announced."""
        announced = {name.strip() for name in self.headers.get("Trailer", "").split(",")}
        found: dict[str, str] = {}
        while line := self.rfile.readline().strip():
            name, _, value = line.decode().partition(":")
            if name in announced:
                found[name] = value.strip()
        return found

    def _reply(self, status: HTTPStatus, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        # The process may have ended.
        with contextlib.suppress(OSError):
            self.end_headers()
            self.wfile.write(body)


def _failure(trailers: dict[str, str]) -> dict[str, Any]:
    if _ERROR_TYPE not in trailers:
        return {}
    told = json.loads(base64.b64decode(trailers.get(_ERROR_BODY, "")) or b"{}")
    return {"errorType": trailers[_ERROR_TYPE], "errorMessage": str(told.get("errorMessage", ""))}
