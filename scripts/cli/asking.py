# SPDX-License-Identifier: Apache-2.0
"""Questions before changes."""

from __future__ import annotations

import sys

from scripts.cli.errors import WrongUseError
from scripts.cli.output import Output


def check_can_ask(yes: bool, output: Output) -> None:
    """Raise WrongUseError if nobody could answer a question."""
    if not yes and (output.as_json or not sys.stdin.isatty()):
        raise WrongUseError("this asks before it changes anything, and nobody can answer here: give --yes")
