# SPDX-License-Identifier: Apache-2.0
"""Pictures of a terminal: what a command writes, drawn by rich; and what such a picture says, read from it again."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from rich import _export_format
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

COLUMNS: Final = 120
MLOPS: Final = (sys.executable, "-c", "from scripts.cli import main; main()")
_LINES = 50
_SVG: Final = "{http://www.w3.org/2000/svg}"
_FONTS: Final = "ui-monospace, SFMono-Regular, Menlo, 'DejaVu Sans Mono', monospace"
# The reader's own font: a picture loads nothing from elsewhere.
_FORMAT: Final = re.sub(
    r"\s*@font-face \{\{.*?\}\}", "", _export_format.CONSOLE_SVG_FORMAT, flags=re.DOTALL
).replace("Fira Code, monospace", _FONTS)  # fmt: skip
_STEADY: Final = (
    (r"note: using the local AWS of [^\n]*\n", ""),
    (r"\b\d{4}-\d\d-\d\d([ T])\d\d:\d\d", r"2026-11-24\g<1>15:00"),
    (r"15:00 - \d\d:\d\d\b", "15:00 - 21:00"),
    (r"\b\d\d:\d\d:\d\d\b", "15:00:00"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"),
    (r"\b(?=[a-f]*\d)[0-9a-f]{8}\b", "0a1b2c3d"),
    (r"(MLOps\w+)-[0-9A-Za-z]{10,13}\b", r"\g<1>-A1B2C3D4E5F6"),
    (r"bucket-[0-9a-z]{12}\b", "bucket-A1B2C3D4E5F6"),
    (r"-(?=[A-Za-z]*\d)[0-9A-Za-z]{12,13}\b", "-A1B2C3D4E5F6"),
    (r"_apis/[0-9a-z]{10}\b", "_apis/a1b2c3d4e5"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:40000"),
    (r"[^\s`]*/bin/mlops\b", "mlops"),
)
"""What differs from run to run, and what stands for it in a picture."""


def steady(text: str) -> str:
    """Return a text whose times, ids and addresses are those of every run."""
    for pattern, instead in _STEADY:
        text = re.sub(pattern, instead, text)
    return text


def variables() -> dict[str, str]:
    """Return the environment in which a process finds this checkout."""
    own = {"TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "PYTHONPATH": os.pathsep.join(sys.path)}
    return {**os.environ, **own}


def run(command: Sequence[str], folder: Path) -> str:
    """Return what a command writes to a terminal, both streams, however it ends."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", _LINES, COLUMNS, 0, 0))
    with subprocess.Popen(command, cwd=folder, env=variables(), stdin=subprocess.DEVNULL, stdout=its, stderr=its):
        os.close(its)
        written = b"".join(_read(ours))
    os.close(ours)
    return written.decode().replace("\r\n", "\n")


def _read(ours: int) -> Iterator[bytes]:
    # A terminal that nobody writes to any more is an error to read.
    with suppress(OSError):
        while chunk := os.read(ours, 65536):
            yield chunk


def mlops(arguments: Iterable[str], folder: Path) -> str:
    """Return what `mlops` writes with these arguments, for the local AWS that runs in a folder."""
    return run((*MLOPS, *arguments), folder)


def svg(name: str, typed: str, written: str) -> str:
    """Return a picture of a terminal in which a command was typed, and what it has written."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.assemble(("$ ", "bold green"), (typed, "bold")))
    console.print(Text.from_ansi(steady(written).strip("\n")))
    made = console.export_svg(title=" ", theme=MONOKAI, code_format=_FORMAT, unique_id=name)
    return "\n".join(line.rstrip() for line in made.splitlines()) + "\n"


def said(picture: str) -> list[str]:
    """Return the lines of a picture, without blanks; the first is what was typed."""
    lines: defaultdict[float, list[tuple[float, str]]] = defaultdict(list)
    # It is one that this module has drawn.
    for text in ElementTree.fromstring(picture).iter(f"{_SVG}text"):  # noqa: S314
        if "-title" not in text.get("class", ""):
            lines[float(text.get("y", "0"))].append((float(text.get("x", "0")), text.text or ""))
    return _bare("".join(words for _, words in sorted(line)) for _, line in sorted(lines.items()))


def shown(written: str) -> list[str]:
    """Return what a picture of these words says."""
    return said(svg("again", "", written))[1:]


def _bare(lines: Iterable[str]) -> list[str]:
    """Without blanks, rules and numbers: what a text is made of."""
    bare = (re.sub(r"\d+", "0", re.sub(r"[\s─━│┃╭╮╰╯]+", "", line)) for line in lines)
    return [line for line in bare if line]
