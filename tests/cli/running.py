# SPDX-License-Identifier: Apache-2.0
"""The command line in this process, as its entry point runs it."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

from scripts import cli


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def documents(self) -> list[Any]:
        """Standard output as JSON lines; fails if there is anything else in it."""
        return [json.loads(line) for line in self.out.splitlines()]


def mlops(*arguments: str) -> Ended:
    """`mlops("check", "request.json")` runs the command and tells how it ended."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = cli.run(arguments)
    return Ended(status, out.getvalue(), err.getvalue())
