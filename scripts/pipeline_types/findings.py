# SPDX-License-Identifier: Apache-2.0
"""One thing that is wrong with a folder, or worth knowing about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.errors import Problem
from scripts.pipeline_types import lines


@dataclass(frozen=True)
class Finding:
    """Where something was found, and what; `line` is 0 for what has none."""

    file: str
    problem: str
    key: str = ""
    line: int = 0

    @property
    def place(self) -> str:
        """File and line as editors understand them."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def description(self) -> dict[str, Any]:
        """The finding for a machine."""
        line = {"line": self.line} if self.line else {}
        return {"file": self.file, **line, "key": self.key, "problem": self.problem}


def of_problem(problem: Problem, folder: Path) -> Finding:
    """A problem of the folder, which is keyed by its file, with the line.

    A key inside the file means that the file could be decoded: only then it is looked into again.
    """
    file, _, key = problem.key.partition(": ")
    line = lines.of_key((folder / file).read_text("utf-8-sig"), key) if key else 0
    return Finding(file, problem.problem, key, line)
