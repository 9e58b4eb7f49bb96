# SPDX-License-Identifier: Apache-2.0
"""Python interpreters of this machine: the local AWS's own, those on PATH, and pyenv's."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_OLDEST, _NEWEST = 8, 14
OWN: Final = "{}.{}".format(*sys.version_info)


def versions(preferred: str) -> list[str]:
    """Return the versions to try: the preferred one, that of the local AWS, and the others, newest first."""
    others = [f"3.{minor}" for minor in range(_NEWEST, _OLDEST - 1, -1)]
    return list(dict.fromkeys(filter(None, (preferred, OWN, *others))))


@functools.cache
def found(version: str) -> str | None:
    """Return the path of an interpreter of this version; None if there is none."""
    return next((path for path in _candidates(version) if _version(path) == version), None)


def _candidates(version: str) -> Iterator[str]:
    if version == OWN:
        yield sys.executable
    if on_path := shutil.which(f"python{version}"):
        yield on_path
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    yield from (str(path) for path in sorted(pyenv.glob(f"{version}.*/bin/python{version}")))


def _version(interpreter: str) -> str:
    """Return the version that it reports: a shim may stand for one that is not installed."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        return subprocess.run((interpreter, "-c", code), capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""
