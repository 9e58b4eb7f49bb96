# SPDX-License-Identifier: Apache-2.0
"""Make a virtual environment hold exactly what a lock lists: `python -m scripts.environments.set_up LOCK FOLDER`.

Runs on a Python with nothing installed. uv does the work: the one on PATH, else one that pip installs into the
environment.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from scripts.environments import installing
from scripts.environments.installing import InstallError

UV_LOCK: Final = Path("locks", "uv.txt")
_NO_VENV: Final = (
    "This Python cannot make virtual environments: install its venv module (Debian, Ubuntu: apt-get install"
    " python3-venv) or uv, and try again."
)


def set_up(lock: Path, folder: Path, *, with_project: bool) -> None:
    """Make or correct the environment. Raise InstallError."""
    _begin(folder)
    uv = installing.uv(folder) or _bootstrapped(folder)
    if not (folder / "bin" / "python").exists():
        installing.run((uv, "venv", "--quiet", "--clear", f"--python={sys.executable}", folder), lock)
    options = ("--quiet", f"--python={folder / 'bin' / 'python'}")
    # Compiled now: otherwise every first import takes longer, also in the processes of the local AWS's functions.
    installing.run((uv, "pip", "sync", *options, "--require-hashes", "--compile-bytecode", lock), lock)
    if with_project:
        # The lock has the requirements of the build.
        installing.run((uv, "pip", "install", *options, "--no-deps", "--no-build-isolation", "--editable=."), lock)


def _begin(folder: Path) -> None:
    """Remove the marks of a complete environment: an interrupted set-up leaves none."""
    try:
        folder.mkdir(exist_ok=True)
        for mark in folder.glob(".ready*"):
            mark.unlink()
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise InstallError(
            f"Cannot write to {folder.absolute()} ({error.strerror}): copy the checkout to a folder of your own, and"
            " try again there."
        ) from error


def _bootstrapped(folder: Path) -> str:
    """Return a uv in the environment, installed by pip."""
    made = subprocess.run((sys.executable, "-m", "venv", folder), capture_output=True, check=False)
    if made.returncode != 0:
        raise InstallError(_NO_VENV)
    pip = (folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps")
    installing.run((*pip, "--require-hashes", f"--requirement={UV_LOCK}"), UV_LOCK)
    return str(folder / "bin" / "uv")


def main(arguments: Sequence[str] | None = None) -> int:
    """Set up; return the status of the process."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.environments.set_up", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("lock", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--with-project", action="store_true", help="and the project itself, in editable mode")
    given = parser.parse_args(arguments)
    sys.stdout.write(f"Setting up {given.folder} as {given.lock} says\n")
    sys.stdout.flush()
    try:
        set_up(given.lock, given.folder, with_project=given.with_project)
    except InstallError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
