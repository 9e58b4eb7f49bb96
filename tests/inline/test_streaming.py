# SPDX-License-Identifier: Apache-2.0
"""The client of Lambda's Runtime API, by the bytes that it sends."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

from tests.inline.loading import loaded

FILE: Final = Path(__file__).parents[2] / "lambda_src/inference/streaming.py"
SECONDS: Final = 60.0
EVENT: Final = {"body": "hello"}
NEXT: Final = (
    b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 8476-a\r\nLambda-Runtime-Deadline-Ms: 99999999999999\r\n"
    b"Lambda-Runtime-Trace-Id: Root=1-5\r\n"
)


class Lambda:
    """Gives one event, and keeps what is sent back."""

    def __init__(self, api: ModuleType) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(SECONDS)
        self._module = api
        self.api = api.RuntimeApi(f"127.0.0.1:{self._listening.getsockname()[1]}")
        self.asked = b""
        self.sent: list[bytes] = []
        """Pieces of the answer's request, as they came."""
        self.came = threading.Condition()

    def answered(self, handler: Callable[..., Any]) -> tuple[dict[str, str], bytes]:
        """Have one event answered; the first line and headers of what was sent, and its body."""
        thread = threading.Thread(target=self._module.answer_one, args=(self.api, handler))
        thread.start()
        self.give()
        self.take()
        thread.join(SECONDS)
        head, _, body = b"".join(self.sent).partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        return {"": first, **dict(line.split(": ", 1) for line in lines)}, body

    def give(self) -> None:
        connection, _ = self._listening.accept()
        with connection:
            self.asked = connection.recv(65_536)
            content = json.dumps(EVENT).encode()
            connection.sendall(NEXT + b"Content-Length: %d\r\n\r\n%b" % (len(content), content))

    def take(self) -> None:
        connection, _ = self._listening.accept()
        connection.settimeout(SECONDS)
        with connection:
            while not self._is_whole():
                piece = connection.recv(65_536)
                if not piece:
                    break
                with self.came:
                    self.sent.append(piece)
                    self.came.notify_all()
            connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
            # The client closes the connection.
            assert connection.recv(1) == b""

    def _is_whole(self) -> bool:
        head, _, body = b"".join(self.sent).partition(b"\r\n\r\n")
        if b"Content-Length: " in head:
            size = head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0]
            return len(body) >= int(size)
        return b"\r\n0\r\n" in body and body.endswith(b"\r\n\r\n")

    def close(self) -> None:
        self._listening.close()


@pytest.fixture(scope="module")
def streaming() -> Iterator[ModuleType]:
    with loaded(FILE) as module:
        yield module


@pytest.fixture
def played(streaming: ModuleType) -> Iterator[Lambda]:
    made = Lambda(streaming)
    yield made
    made.close()


def answer(body: Any, **more: Any) -> dict[str, Any]:
    return {"statusCode": 200, "headers": {"Content-Type": "text/plain"}, "body": body, **more}


METADATA: Final = json.dumps({"statusCode": 200, "headers": {"Content-Type": "text/plain"}}).encode() + bytes(8)


def chunks(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)


def test_an_answer_goes_out_in_chunks(played: Lambda) -> None:
    events: list[Any] = []

    def handler(event: Any, context: Any) -> dict[str, Any]:
        events.append((event, context.aws_request_id, context.get_remaining_time_in_millis() > 0))
        return answer(iter([b"one", b"", b"two"]))

    headers, body = played.answered(handler)
    assert played.asked.startswith(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n")
    assert headers.pop("Host").startswith("127.0.0.1:")
    assert headers == {
        "": "POST /2018-06-01/runtime/invocation/8476-a/response HTTP/1.1",
        "Content-Type": "application/vnd.awslambda.http-integration-response",
        "Lambda-Runtime-Function-Response-Mode": "streaming",
        "Transfer-Encoding": "chunked",
        "Trailer": "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
    }
    assert body == chunks(METADATA, b"one", b"two") + b"0\r\n\r\n"
    assert events == [(EVENT, "8476-a", True)]


def test_a_part_is_sent_before_the_next_is_made(played: Lambda) -> None:
    def body() -> Iterator[bytes]:
        yield b"one"
        with played.came:
            assert played.came.wait_for(lambda: chunks(b"one") in b"".join(played.sent), SECONDS)
        yield b"two"

    _, sent = played.answered(lambda event, context: answer(body()))
    assert sent == chunks(METADATA, b"one", b"two") + b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("body", "is_encoded"), [("é", False), (base64.b64encode(b"\xff\x00").decode(), True)], ids=["text", "bytes"]
)
def test_an_answer_that_is_there_as_a_whole_is_one_part(played: Lambda, body: str, is_encoded: bool) -> None:
    _, sent = played.answered(lambda event, context: answer(body, isBase64Encoded=is_encoded))
    assert sent == chunks(METADATA, b"\xff\x00" if is_encoded else "é".encode()) + b"0\r\n\r\n"


def test_an_error_before_the_answer_is_told_in_its_place(played: Lambda, capfd: pytest.CaptureFixture[str]) -> None:
    def handler(event: Any, context: Any) -> dict[str, Any]:
        raise ValueError("nothing")

    headers, body = played.answered(handler)
    assert headers[""] == "POST /2018-06-01/runtime/invocation/8476-a/error HTTP/1.1"
    assert headers["Lambda-Runtime-Function-Error-Type"] == "Function.ValueError"
    told = json.loads(body)
    assert (told["errorType"], told["errorMessage"]) == ("ValueError", "nothing")
    assert "ValueError: nothing" in capfd.readouterr().err


def test_an_error_within_the_answer_is_told_behind_it(played: Lambda, capfd: pytest.CaptureFixture[str]) -> None:
    def body() -> Iterator[bytes]:
        yield b"one"
        raise ValueError("no more")

    _, sent = played.answered(lambda event, context: answer(body()))
    before, _, trailers = sent.partition(b"0\r\nLambda-")
    assert before == chunks(METADATA, b"one")
    kind, told, *rest = trailers.decode().split("\r\n")
    assert (kind, rest) == ("Runtime-Function-Error-Type: Function.ValueError", ["", ""])
    described = json.loads(base64.b64decode(told.removeprefix("Lambda-Runtime-Function-Error-Body: ")))
    assert described["errorMessage"] == "no more"
    assert "ValueError: no more" in capfd.readouterr().err


def test_where_nobody_takes_the_answer_the_rest_is_not_asked_for(
    streaming: ModuleType, played: Lambda, capfd: pytest.CaptureFixture[str]
) -> None:
    closed: list[bool] = []

    def body() -> Iterator[bytes]:
        try:
            while True:
                yield b"x" * 65_536
        finally:
            closed.append(True)

    thread = threading.Thread(target=streaming.answer_one, args=(played.api, lambda event, context: answer(body())))
    thread.start()
    played.give()
    connection, _ = played._listening.accept()
    assert connection.recv(65_536)
    connection.close()
    thread.join(SECONDS)
    assert not thread.is_alive()
    assert closed == [True]
    assert "not taken" in capfd.readouterr().out
