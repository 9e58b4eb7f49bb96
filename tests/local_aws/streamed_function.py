# SPDX-License-Identifier: Apache-2.0
"""A function that streams with the client of the inference API: it says one thing, waits, and says the rest."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Final

from orchestrator.plan import archives
from tests.local_aws.waiting import SECONDS

FOLDER: Final = Path(__file__).parents[2] / "lambda_src/inference"
HANDLER: Final = """
import json, os, socket


def handler(event, context):
    asked = json.loads(event["body"]) if event.get("body") else {}
    if asked.get("fail") == "before":
        raise ValueError("before the answer")
    if asked.get("fail") == "exit":
        os._exit(3)
    return {"statusCode": 201, "headers": {"Content-Type": "text/event-stream", "X-One": "1"}, "body": said(asked)}


def said(asked):
    yield b"one,"
    if "port" in asked:
        with socket.create_connection(("127.0.0.1", asked["port"])) as gate:
            gate.recv(1)
    if asked.get("fail") == "within":
        raise ValueError("within the answer")
    if asked.get("fail") == "exit within":
        os._exit(3)
    yield b"two"
"""


def archive(handler: str = HANDLER) -> bytes:
    """The function's code: the real client and wrapper, and a handler."""
    real = [(name, (FOLDER / name).read_bytes()) for name in ("streaming.py", "stream.sh")]
    return archives.stored([("index.py", handler.encode()), *real])


class Gate:
    """Port at which the function waits until it is opened."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(SECONDS)
        self.port: int = self._listening.getsockname()[1]

    def open(self) -> None:
        """Let the function that waits go on."""
        waiting, _ = self._listening.accept()
        with waiting:
            waiting.sendall(b"x")

    def close(self) -> None:
        self._listening.close()
