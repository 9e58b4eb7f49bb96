# SPDX-License-Identifier: Apache-2.0
"""Runs of our own programs, each in a process of its own.

Importing XGBoost takes 40 times as long as most programs run that need it, and what monitors compute with takes ten
times as long as many of their runs. So one process for each group of programs imports its libraries on first use, and
forks (`program_server`). On other systems than Linux, where forking is not safe for libraries, each run is a new
interpreter.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from scripts.local_aws.processes import program_server

_START_SECONDS = 60.0
_HOME = Path(__file__).parents[1]
# Programs that need the same libraries, below the folder of the local AWS.
_GROUPS = (
    ("xgboost/xgboost_model.py", "xgboost/training_program.py"),
    ("sagemaker/jobs/processing/processing_program.py",),
)


class Process(Protocol):
    """Running program: the part of `subprocess.Popen` that is used."""

    pid: int

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal; None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return the exit status. Raise subprocess.TimeoutExpired."""

    def kill(self) -> None:
        """Kill it."""


def start(program: str, *arguments: str, stdin: int, stdout: int) -> Process:
    """Run a program, by its name. The caller keeps ownership of the descriptors for standard input and output.

    Raises OSError if no process can be started.
    """
    path, service = _programs[program]
    if sys.platform == "linux":
        return service.server().start(program, arguments, (stdin, stdout))
    # -P: modules beside the program must not stand in for the libraries that it imports.
    command = [sys.executable, "-P", path, *arguments]
    return subprocess.Popen(command, stdin=stdin, stdout=stdout, start_new_session=True)


def stop() -> None:
    """End the forking processes, and with them all running programs."""
    for _, service in _programs.values():
        service.stop()


class _Forked:
    """Process that the server has forked."""

    def __init__(self, server: _Server, pid: int) -> None:
        self.pid = pid
        self._server = server
        self._status: int | None = None
        self._has_ended = threading.Event()

    def poll(self) -> int | None:
        return self._status

    def wait(self, timeout: float | None = None) -> int:
        if not self._has_ended.wait(timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return self._status or 0

    def kill(self) -> None:
        # Only the server knows whether the id still belongs to this process.
        self._server.send({"kill": self.pid})

    def end(self, status: int) -> None:
        """Set the exit status."""
        self._status = status
        self._has_ended.set()


class _Server:
    """Forking process for some programs, with the processes that it has started."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", program_server.__file__, str(theirs.fileno()), *paths],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._starting = threading.Lock()
        self._started: queue.Queue[_Forked | None] = queue.Queue()
        self._running: dict[int, _Forked] = {}
        self._reader = threading.Thread(target=self._read, name="program server", daemon=True)
        self._reader.start()

    @property
    def is_alive(self) -> bool:
        """Whether it can start programs."""
        return self._process.poll() is None and self._reader.is_alive()

    def start(self, program: str, arguments: tuple[str, ...], standard: tuple[int, int]) -> _Forked:
        """Fork a program."""
        message = json.dumps({"run": program, "arguments": arguments}).encode()
        with self._starting:
            socket.send_fds(self._connection, [message], standard)
            with contextlib.suppress(queue.Empty):
                if started := self._started.get(timeout=_START_SECONDS):
                    return started
        raise OSError(f"no process could be started for {program}")

    def send(self, message: dict[str, Any]) -> None:
        """Send a message; ignored if the server has ended."""
        with contextlib.suppress(OSError):
            self._connection.send(json.dumps(message).encode())

    def stop(self) -> None:
        """End the server, which also ends by itself when the socket is closed."""
        self._connection.shutdown(socket.SHUT_RDWR)
        self._process.wait()
        self._reader.join()
        self._connection.close()

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while text := self._connection.recv(program_server.MESSAGE_BYTES):
                message = json.loads(text)
                if "started" in message:
                    process = self._running[message["started"]] = _Forked(self, message["started"])
                    self._started.put(process)
                else:
                    self._running.pop(message["ended"]).end(message["status"])
        self._started.put(None)
        # They end with the server.
        for process in self._running.values():
            process.end(-signal.SIGKILL)


class _Service:
    """The running server for some programs, or none."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths
        self._lock = threading.Lock()
        self._server: _Server | None = None

    def server(self) -> _Server:
        """Return the server; start a new one if there is none, or it was ended from outside."""
        with self._lock:
            if self._server is None or not self._server.is_alive:
                self._server = _Server(self._paths)
            return self._server

    def stop(self) -> None:
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.stop()


def _found() -> Iterator[tuple[str, tuple[str, _Service]]]:
    for group in _GROUPS:
        paths = [str(_HOME / path) for path in group]
        service = _Service(paths)
        yield from ((Path(path).stem, (path, service)) for path in paths)


_programs = dict(_found())
atexit.register(stop)
