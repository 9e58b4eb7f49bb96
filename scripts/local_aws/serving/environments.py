# SPDX-License-Identifier: Apache-2.0
"""Virtual environments with the libraries of an image, made once and kept in the user's cache.

uv makes them if it is here, or else venv and pip, from the package index and from PIP_FIND_LINKS. Only wheels are
installed, so that nothing is compiled. A model's `code/requirements.txt` is installed on top, as the image's server
does. Python is the image's if this machine has it, or else the first one for which there is that framework.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts import user_cache
from scripts.local_aws.serving import interpreters

REQUIREMENTS: Final = "requirements.txt"
_FORMAT: Final = "1"
_VENV, _READY = "venv", "ready"
# The local AWS waits for an answer of its own a little longer (`identity.py`).
_SECONDS: Final = 840
_MOST_WORDS: Final = 600
# What requirements may refer to; scripts are no part of an environment.
_REFERRED: Final = {".txt", ".whl", ".gz", ".zip", ".toml", ".cfg"}
_NOT_TO_BE_HAD: Final = re.compile(r"No solution found|No matching distribution|Could not find a version", re.I)
_making: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


class EnvironmentMissingError(Exception):
    """Raised if an environment cannot be made; the message says why."""


@dataclass(frozen=True)
class Needed:
    """Requirements of an image, its Python ("" if any will do), and the folder of the model's script, if there is one.

    The folder need not exist.
    """

    requirements: tuple[str, ...]
    python: str
    code: Path | None = None

    @property
    def own(self) -> Path | None:
        """Folder with requirements of the model's own; None if it has none."""
        return self.code if self.code and (self.code / REQUIREMENTS).exists() else None


def environment(needed: Needed) -> user_cache.Entry:
    """Return an environment. It is not deleted while the entry is referred to. Raise EnvironmentMissingError."""
    name = f"serving-{_digest(needed)}"
    with _making[name]:
        return user_cache.entry(name, lambda folder: _fill(folder, needed), _is_whole)


def interpreter(made: user_cache.Entry) -> Path:
    """Return the Python of an environment."""
    return _python(made.path / _VENV)


def _python(venv: Path) -> Path:
    return venv / "bin" / "python"


def _digest(needed: Needed) -> str:
    digest = hashlib.sha256(repr((_FORMAT, sys.version, needed.requirements, needed.python)).encode())
    if needed.own:
        for path in sorted(needed.own.rglob("*")):
            if path.is_file() and path.suffix in _REFERRED:
                digest.update(repr((str(path.relative_to(needed.own)), path.read_bytes())).encode())
    return digest.hexdigest()


def _is_whole(folder: Path) -> bool:
    return (folder / _READY).exists() and _python(folder / _VENV).exists()


def _fill(folder: Path, needed: Needed) -> None:
    failures = []
    for version in interpreters.versions(needed.python):
        python = interpreters.found(version)
        if python is None:
            continue
        try:
            _make(folder / _VENV, python, needed)
        except _NotToBeHadError as error:
            failures.append(f"Python {version}: {error}")
            shutil.rmtree(folder / _VENV, ignore_errors=True)
        else:
            (folder / _READY).touch()
            return
    raise EnvironmentMissingError("; ".join(failures)[:_MOST_WORDS])


class _NotToBeHadError(Exception):
    """Raised if there is no wheel of a library for a Python."""


def _make(venv: Path, python: str, needed: Needed) -> None:
    uv = shutil.which("uv") or shutil.which("uv", path=Path(sys.prefix) / "bin")
    if uv:
        _run((uv, "venv", "--quiet", "--no-python-downloads", f"--python={python}", venv))
        install: tuple[str | Path, ...] = (uv, "pip", "install", "--quiet", f"--python={_python(venv)}")
    else:
        _run((python, "-m", "venv", venv))
        install = (_python(venv), "-m", "pip", "install", "--quiet", "--no-compile", "--no-input")
    _run((*install, "--only-binary=:all:", *needed.requirements))
    if needed.own:
        try:
            _run((*install, "--requirement", REQUIREMENTS), needed.own)
        except _NotToBeHadError as error:
            # Another Python is no answer to what the model itself asks for.
            raise EnvironmentMissingError(f"{REQUIREMENTS}: {error}") from error


def _run(command: Sequence[str | Path], folder: Path | None = None) -> None:
    """Run to the end. Raise EnvironmentMissingError, or _NotToBeHadError."""
    try:
        done = subprocess.run(
            command, cwd=folder, env=_as_pip_reads(os.environ), stdin=subprocess.DEVNULL, capture_output=True,
            text=True, errors="replace", timeout=_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EnvironmentMissingError(str(error)) from error
    if done.returncode:
        words = " ".join(f"{done.stderr or done.stdout}".split())[-_MOST_WORDS:] or "no reason given"
        raise (_NotToBeHadError if _NOT_TO_BE_HAD.search(done.stderr) else EnvironmentMissingError)(words)


def _as_pip_reads(variables: os._Environ[str]) -> dict[str, str]:
    """Return the environment with pip's settings of the package index in uv's words, too."""
    links = ",".join(variables.get("PIP_FIND_LINKS", "").split())
    given = {
        "UV_FIND_LINKS": links,
        "UV_DEFAULT_INDEX": variables.get("PIP_INDEX_URL", ""),
        "UV_NO_INDEX": variables.get("PIP_NO_INDEX", ""),
    }
    return {**{name: value for name, value in given.items() if value}, **variables}
