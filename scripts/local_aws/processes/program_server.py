# SPDX-License-Identifier: Apache-2.0
"""Process started by `programs.py`: it imports the programs with their libraries once, and forks for each run.

It reads and writes whole messages on a socket. In: `{"run": program, "arguments": [...]}`, with descriptors for the
program's standard input and output, and `{"kill": pid}`. Out: `{"started": pid}`, in the order of the runs, and
`{"ended": pid, "status": status}`, where a negative status is the signal that ended it.
"""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import json
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any

MESSAGE_BYTES = 65_536
# PR_SET_PDEATHSIG of <linux/prctl.h>
_DIE_WITH_PARENT = 1


def imported(path: Path) -> Any:
    """Import a program. Its folder is not on the path: modules there must not replace libraries."""
    name = path.stem
    specification = importlib.util.spec_from_file_location(name, path)
    if specification is None or specification.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module


def serve(connection: socket.socket) -> dict[str, Any]:
    """Start and end processes until the socket is closed. Returns in each of them, too, with its run."""
    noticed, notice = os.pipe()
    os.set_blocking(notice, False)
    signal.set_wakeup_fd(notice)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: set[int] = set()
    while True:
        ready, _, _ = select.select([connection.fileno(), noticed], [], [])
        if noticed in ready:
            os.read(noticed, MESSAGE_BYTES)
            tell_of_ends(connection, running)
        if connection.fileno() not in ready:
            continue
        text, descriptors, _, _ = socket.recv_fds(connection, MESSAGE_BYTES, 2)
        message: dict[str, Any] = json.loads(text or "{}")
        if message.get("kill") in running:
            os.kill(message["kill"], signal.SIGKILL)
        if "kill" not in message and not (text and start(connection, running, descriptors)):
            os.close(noticed)
            os.close(notice)
            return message


def start(connection: socket.socket, running: set[int], descriptors: list[int]) -> int:
    """Fork. Return the new process's id, or 0 in the new process, where the server's descriptors are closed."""
    server, pid = os.getpid(), os.fork()
    if pid:
        running.add(pid)
        connection.send(json.dumps({"started": pid}).encode())
    else:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # However the server ends, its programs end with it.
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != server:
            # The server ended before the call.
            os._exit(1)
        # Ctrl-C in the terminal is for the local AWS, which ends its processes itself.
        os.setsid()
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
        connection.close()
    for descriptor in descriptors:
        os.close(descriptor)
    return pid


def tell_of_ends(connection: socket.socket, running: set[int]) -> None:
    """Report the processes that have ended."""
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        running.remove(pid)
        connection.send(json.dumps({"ended": pid, "status": os.waitstatus_to_exitcode(status)}).encode())


def main() -> int:
    """Serve on the socket whose descriptor is the first argument; the others are the programs' files."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    programs = {path.stem: imported(path) for path in map(Path, sys.argv[2:])}
    # A collection would touch, and so copy, memory that all processes share.
    gc.freeze()
    try:
        message = serve(connection)
    except (BrokenPipeError, ConnectionResetError):
        return 0  # The local AWS has ended.
    if not message:
        return 0
    sys.argv = [message["run"], *message["arguments"]]
    return int(programs[message["run"]].main())


if __name__ == "__main__":
    sys.exit(main())
