# SPDX-License-Identifier: Apache-2.0
"""Output of a function, written to its CloudWatch Logs group as the function's role."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import IO, Any

from botocore.exceptions import BotoCoreError, ClientError

from scripts.local_aws import clients
from scripts.local_aws.functions.function_host import END_OF_LOG

_logger = logging.getLogger(__name__)
_CHUNK_BYTES = 65_536
# PutLogEvents accepts 10,000 events or 1 MiB at a time; a chunk of output stays far below both.
_FLUSH_SECONDS = 5.0


class FunctionLog:
    """Reader of one process's output until it ends; `begin` and `end` enclose the lines of one invocation."""

    def __init__(self, output: IO[bytes], role_arn: str, region: str, group: str, stream: str) -> None:
        self._output = output
        self._role_arn = role_arn
        self._region = region
        self._names = {"logGroupName": group, "logStreamName": stream}
        self._client: Any = None
        self._broken = False
        self._lines: list[str] = []
        self._written = threading.Event()
        self._thread = threading.Thread(target=self._pump, name=f"log of {group}", daemon=True)
        self._thread.start()

    def begin(self) -> None:
        """Start the lines of a new invocation."""
        self._lines = []
        self._written.clear()

    def end(self, last_line: str = "") -> str:
        """Wait until the invocation's lines are written, add `last_line` if given, and return them all."""
        self._written.wait(_FLUSH_SECONDS)
        if last_line:
            self._lines.append(last_line)
            self._put([last_line])
        return "\n".join(self._lines)

    def so_far(self) -> str:
        """Return the invocation's lines that have come, of a process that does not mark the end of them."""
        return "\n".join(self._lines)

    def join(self, seconds: float) -> None:
        """Wait for the rest of the output of a process that has ended."""
        self._thread.join(seconds)

    def _pump(self) -> None:
        rest = b""
        with self._output:
            while chunk := os.read(self._output.fileno(), _CHUNK_BYTES):
                *complete, rest = (rest + chunk).split(b"\n")
                self._take(complete)
        self._take([rest])
        self._written.set()

    def _take(self, lines: list[bytes]) -> None:
        decoded = [line.decode(errors="replace") for line in lines]
        printed = [text for text in (line.replace(END_OF_LOG, "") for line in decoded) if text]
        self._lines.extend(printed)
        if printed:
            self._put(printed)
        if any(END_OF_LOG in line for line in decoded):
            self._written.set()

    def _put(self, lines: list[str]) -> None:
        if self._broken:
            return
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line} for line in lines]
        try:
            self._connected().put_log_events(**self._names, logEvents=events)
        except (BotoCoreError, ClientError) as error:
            # On AWS, too, a function that may not write its log runs without one.
            self._broken = True
            _logger.warning("no log in %s: %s", self._names["logGroupName"], error)

    def _connected(self) -> Any:
        if self._client is None:
            client = clients.client("logs", self._role_arn, self._region, by="lambda.amazonaws.com")
            try:
                _ignore_existing(client, client.create_log_stream, **self._names)
            except client.exceptions.ResourceNotFoundException:
                # Lambda makes a missing group; a function whose group exists needs no permission for that.
                _ignore_existing(client, client.create_log_group, logGroupName=self._names["logGroupName"])
                _ignore_existing(client, client.create_log_stream, **self._names)
            self._client = client
        return self._client


def _ignore_existing(client: Any, create: Any, **names: str) -> None:
    try:
        create(**names)
    except client.exceptions.ResourceAlreadyExistsException:
        return
