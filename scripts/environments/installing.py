# SPDX-License-Identifier: Apache-2.0
"""uv and pip as processes: where they are, and one sentence for each of their failures. Needs only Python itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_UNREACHABLE: Final = re.compile(
    r"network was disabled|Failed to fetch|NewConnectionError|ConnectTimeout|ProxyError|SSLError|from versions: none",
    re.I,
)
_OTHER_FILE: Final = re.compile(r"Hash mismatch for `([^`]+)`|DO NOT MATCH THE HASHES[^\n]*\n\s*(\S+)")


class InstallError(Exception):
    """Raised if distributions could not be installed; `str()` is one sentence with the remedy."""


def uv(environment: Path = Path(sys.prefix)) -> str | None:
    """Return the uv on PATH, else that of an environment."""
    return shutil.which("uv") or shutil.which("uv", path=environment / "bin")


def run(command: Sequence[str | os.PathLike[str]], requirements: Path) -> None:
    """Run uv or pip, which install the distributions of a file with hashes. Raise InstallError."""
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode != 0:
        raise InstallError(sentence(done.stderr, requirements))


def sentence(words: str, requirements: Path) -> str:
    """Return the remedy for a failure with the output `words` of uv or pip."""
    if other := _OTHER_FILE.search(words):
        return (
            f"The package index gave another file for {other[1] or other[2]} than {requirements.name} promises:"
            " do not use it, and try again from a fresh clone and another network."
        )
    if _UNREACHABLE.search(words):
        return (
            f"The package index did not give what {requirements.name} lists: connect to the network, or name a mirror"
            " (UV_DEFAULT_INDEX for uv, PIP_INDEX_URL for pip), and try again."
        )
    return f"What {requirements.name} lists could not be installed: {words.strip()[-2000:] or 'no reason given'}"
