# SPDX-License-Identifier: Apache-2.0
"""Problem of a folder, or a remark about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.errors import Problem
from scripts.pipeline_types import lines


@dataclass(frozen=True)
class Finding:
    """Place and text of a finding; `line` is 0 if it has none."""

    file: str
    problem: str
    key: str = ""
    line: int = 0

    @property
    def place(self) -> str:
        """File and line in the format that editors understand."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def description(self) -> dict[str, Any]:
        """Return the finding as JSON output has it."""
        line = {"line": self.line} if self.line else {}
        return {"file": self.file, **line, "key": self.key, "problem": self.problem}


def of_problem(problem: Problem, folder: Path) -> Finding:
    """Return a problem, which is keyed by its file, as a finding with its line.

    A key inside the file means that the file could be decoded: only then is the line looked up.
    """
    file, _, key = problem.key.partition(": ")
    line = lines.of_key((folder / file).read_text("utf-8-sig"), key) if key else 0
    return Finding(file, problem.problem, key, line)
