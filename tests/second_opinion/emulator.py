# SPDX-License-Identifier: Apache-2.0
"""MiniStack, an emulator of AWS by others, as a process of its own: https://pypi.org/project/ministack/."""

from __future__ import annotations

import os
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from scripts import paths
from tests.end_to_end import waiting

_HOST: Final = "127.0.0.1"
_DOMAIN: Final = "localhost"
_STOP_SECONDS: Final = 20


def program() -> Path:
    """The emulator in the environment that `make second-opinion` makes."""
    return paths.ROOT / ".venv-second-opinion" / "bin" / "ministack"


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Start it on a free port of the loopback interface, with signatures enforced; gives its address, and stops it."""
    port = _free_port()
    address = f"http://{_HOST}:{port}"
    variables = {"BIND_HOST": _HOST, "GATEWAY_PORT": str(port), "AUTH": "true", "MINISTACK_HOST": _DOMAIN}
    environment = {**os.environ, **variables, "TMPDIR": str(folder)}
    log = folder / "log"
    with log.open("w") as output:
        process = subprocess.Popen([program()], cwd=folder, env=environment, stdout=output, stderr=output)

    def is_ready() -> bool:
        assert process.poll() is None, log.read_text()
        return _answers(f"{address}/_ministack/health")

    try:
        waiting.until(is_ready)
        yield address
    finally:
        process.terminate()
        process.wait(_STOP_SECONDS)


def api_host(address: str, endpoint: str) -> str:
    """The host name that leads to an API, from the address that the root stack tells of it."""
    api_id = endpoint.removeprefix("https://").partition(".")[0]
    return f"{api_id}.execute-api.{_DOMAIN}:{address.rpartition(':')[2]}"


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((_HOST, 0))
        return int(found.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
