# SPDX-License-Identifier: Apache-2.0
"""Entry point of `mlops`, from a wheel and from a checkout."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    """Run the command line from the folders that it is made of, which no other program gets to see."""
    here = Path(__file__).resolve()
    installed = here.with_name("_home")
    home = installed if installed.is_dir() else here.parents[3]
    # Before the environment's own packages, of which one may be called `scripts`.
    sys.path.insert(0, str(home))
    from scripts import cli  # noqa: PLC0415

    cli.main()
