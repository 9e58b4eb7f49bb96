# SPDX-License-Identifier: Apache-2.0
"""Keys with two spellings: a request may use either, and problems name the one it used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from orchestrator.errors import Problem


@dataclass(frozen=True)
class Spelling:
    """A body as written, and the alternative spellings of its type (other spelling -> declared key)."""

    written: Mapping[str, Any]
    others: Mapping[str, str]

    def body(self) -> dict[str, Any]:
        """Return the body under the declared keys."""
        declared = {self.others.get(key, key): value for key, value in self.written.items() if key in self.others}
        return declared | {key: value for key, value in self.written.items() if key not in self.others}

    def conflicts(self) -> Iterator[Problem]:
        """Yield a problem for each key that is given in both spellings."""
        for other, declared in self.others.items():
            if other in self.written and declared in self.written:
                yield Problem(other, f"is another spelling of {declared}, which is given too: leave one of them out")

    def of(self, problem: Problem) -> Problem:
        """Return a problem of a declared key under the key as written."""
        declared, dot, rest = problem.key.partition(".")
        for other, name in self.others.items():
            if name == declared and other in self.written and declared not in self.written:
                return replace(problem, key=f"{other}{dot}{rest}")
        return problem
