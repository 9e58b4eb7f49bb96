# SPDX-License-Identifier: Apache-2.0
"""Optional dependencies of commands."""

from __future__ import annotations

import importlib.util
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from scripts.cli.errors import CommandError


@contextmanager
def needed(extra: str) -> Iterator[None]:
    """Import inside an extra's packages. Raise CommandError with the command that installs the extra."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        # A submodule of an installed package is missing: no extra would install it.
        if package in sys.modules:
            raise
        raise CommandError(f"{package} is not installed, which this command needs: run {_command(extra)}") from error


def _command(extra: str) -> str:
    """Return the command for this very environment: environments made by pipx have pip, those made by uv have none."""
    python = sys.executable
    pip = (
        [python, "-m", "pip", "install"] if importlib.util.find_spec("pip") else ["uv", "pip", "install", "-p", python]
    )
    return shlex.join([*pip, f"mlops-workload-orchestrator[{extra}]"])
