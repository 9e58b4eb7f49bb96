# SPDX-License-Identifier: Apache-2.0
"""Entry point of `mlops`, from a wheel and from a checkout."""

from __future__ import annotations

import sys

from mlops_orchestrator.home import HOME


def main() -> None:
    """Run the command line from its own folders, which are on no other program's path."""
    # Before the environment's own packages, one of which may be called `scripts`.
    sys.path.insert(0, str(HOME))
    from scripts import cli  # noqa: PLC0415

    cli.main()
