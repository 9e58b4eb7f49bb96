# SPDX-License-Identifier: Apache-2.0
"""Commands to copy: `mlops` as it runs in the shell where the hint is read."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

_NAME: Final = "mlops"


def command(words: str) -> str:
    """Return `mlops WORDS`, by the path of the program that runs if a shell would not find it by its name."""
    return f"{program()} {words}"


def program() -> str:
    """Return how a shell calls this program: by its name if that finds it, else by its path, as short as it can be."""
    here = _here()
    named = shutil.which(_NAME)
    if here is None or (named and here.samefile(named)):
        return _NAME
    return shlex.quote(_shortest(here))


def _here() -> Path | None:
    """Return the program's file: that which was called, or that of the same environment."""
    called = Path(sys.argv[0])
    beside = Path(sys.executable).with_name(_NAME)
    return next((path for path in (called, beside) if path.name == _NAME and path.is_file()), None)


def _shortest(path: Path) -> str:
    whole = Path(os.path.abspath(path))  # noqa: PTH100 - a link stays one: it is what was called
    if not whole.is_relative_to(Path.cwd()):
        return str(whole)
    below = str(whole.relative_to(Path.cwd()))
    # A shell looks for a name without a slash on its path alone.
    return below if os.sep in below else os.path.join(os.curdir, below)  # noqa: PTH118 - Path drops the dot
