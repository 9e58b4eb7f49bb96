# SPDX-License-Identifier: Apache-2.0
"""What a command needs beyond what is always installed."""

from __future__ import annotations

import importlib.util
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from scripts.cli.errors import CommandError


@contextmanager
def needed(extra: str) -> Iterator[None]:
    """Import inside what an extra brings; raises `CommandError` that names the command which installs it."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        # A part of something that is there: no extra would bring it.
        if package in sys.modules:
            raise
        raise CommandError(f"{package} is not installed, which this command needs: run {_command(extra)}") from error


def _command(extra: str) -> str:
    """Into this very environment, whoever made it: pipx has pip, uv has none."""
    python = sys.executable
    pip = (
        [python, "-m", "pip", "install"] if importlib.util.find_spec("pip") else ["uv", "pip", "install", "-p", python]
    )
    return shlex.join([*pip, f"mlops-workload-orchestrator[{extra}]"])
