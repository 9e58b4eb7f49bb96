# SPDX-License-Identifier: Apache-2.0
"""Entry point of `mlops`, from a wheel and from a checkout."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    """Run the command line from its own folders, which are on no other program's path."""
    here = Path(__file__).resolve()
    installed = here.with_name("_home")
    home = installed if installed.is_dir() else here.parents[3]
    # Before the environment's own packages, one of which may be called `scripts`.
    sys.path.insert(0, str(home))
    from scripts import cli  # noqa: PLC0415

    cli.main()
