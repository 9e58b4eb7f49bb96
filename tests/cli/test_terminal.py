# SPDX-License-Identifier: Apache-2.0
"""The command line at a real terminal: a pseudo-terminal of 60, 80 and 100 columns."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest

from scripts import paths
from tests.end_to_end.running import Running

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_SEARCH = os.pathsep.join(str(paths.ROOT / folder) for folder in (".", "lambda_src", "scripts/installed"))


def _at_terminal(width: int, *arguments: str) -> tuple[int, str]:
    """Run a command; return its exit status, and what the terminal got."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    code = "import sys; from scripts import cli; sys.exit(cli.run(sys.argv[1:]))"
    environment = {**os.environ, "PYTHONPATH": _SEARCH, "TERM": "xterm-256color"}
    environment.pop("COLUMNS", None)
    command = [sys.executable, "-c", code, *arguments]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as running:
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
        status = running.wait(60)
    os.close(ours)
    return status, shown.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:
        # Linux's way to say that nobody has the other end open any more.
        return b""


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_table_fits_the_terminal_with_every_word_whole(width: int, local: Running) -> None:
    status, shown = _at_terminal(width, "pipeline-types", "list", "--local")

    text = _ESCAPES.sub("", shown)
    assert status == 0
    assert "byom_model_explainability_monitor" in text
    beyond = [line for line in text.splitlines() if len(line) > width and ": " not in line]
    assert beyond == [], "only a value in a block is continued, by the terminal itself"


def test_a_terminal_gets_colour_and_a_file_does_not(local: Running) -> None:
    _, shown = _at_terminal(100, "pipeline-types", "list", "--local")
    assert "\x1b[" in shown

    _, plain = _at_terminal(100, "pipeline-types", "list", "--local", "--output", "text")
    assert "\x1b[" not in plain
    assert "\t" in plain
