# SPDX-License-Identifier: Apache-2.0
"""`mlops predict` prints a stream of events as it comes."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest

from mlops_orchestrator.aws import aws_access
from mlops_orchestrator.client.predictions import Target
from scripts.cli.errors import CommandError
from scripts.cli.everyday import predicting
from scripts.cli.everyday.predicting import Question
from scripts.cli.everyday.said import Said

SECONDS: Final = 60.0
Predict = Callable[[], None]
FIRST, LAST = b"data: low\n\n", b"data: [DONE]\n\n"


class Screen(io.BytesIO):
    """Standard output that tells what has been printed."""

    def __init__(self) -> None:
        super().__init__()
        self.has_first = threading.Event()

    def flush(self) -> None:
        if FIRST in self.getvalue():
            self.has_first.set()


class Api(BaseHTTPRequestHandler):
    """Answers in chunks: the second one when the first has been printed."""

    protocol_version = "HTTP/1.1"
    screen: Screen
    content_type = "text/event-stream"
    is_cut = False

    def log_message(self, *_: Any) -> None:
        """Log nothing."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", self.content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        self._send(FIRST)
        if self.content_type == "text/event-stream":
            assert self.screen.has_first.wait(SECONDS)
        if self.is_cut:
            self.close_connection = True
            return
        self._send(LAST)
        self.wfile.write(b"0\r\n\r\n")

    def _send(self, part: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def api(screen: Screen) -> type[Api]:
    return type("Played", (Api,), {"screen": screen})


@pytest.fixture
def target(api: type[Api]) -> Iterator[Target]:
    with HTTPServer(("127.0.0.1", 0), api) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/prod/inference"
        yield Target(aws_access.local(url, "eu-west-1"), url)
        server.shutdown()
        thread.join()


@pytest.fixture
def predict(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, target: Target, screen: Screen) -> Predict:
    """The command, with the screen as its standard output."""
    (tmp_path / "question.json").write_text("{}")
    asked: Any = SimpleNamespace(access=SimpleNamespace(form="text"))
    question = Question(str(tmp_path / "question.json"), "", Said(accept="text/event-stream"))

    def run() -> None:
        monkeypatch.setattr(predicting, "deployed", lambda *_: (None, target))
        # Here, not before: pytest takes standard output between the phases of a test.
        monkeypatch.setattr("sys.stdout", io.TextIOWrapper(screen, write_through=True))
        predicting.run(asked, "harbour-chat", question)

    return run


def test_events_are_printed_as_they_come(predict: Predict, screen: Screen) -> None:
    predict()
    assert screen.getvalue() == FIRST + LAST


def test_other_answers_are_printed_whole(predict: Predict, screen: Screen, api: type[Api]) -> None:
    api.content_type = "text/plain"
    predict()
    assert screen.getvalue() == FIRST + LAST


def test_a_stream_that_is_cut_ends_the_command_with_a_reason(predict: Predict, screen: Screen, api: type[Api]) -> None:
    api.is_cut = True
    with pytest.raises(CommandError, match="ended early"):
        predict()
    assert screen.getvalue() == FIRST
