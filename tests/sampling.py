# SPDX-License-Identifier: Apache-2.0
"""Samples of what is exhaustive by nature: every fault at every call, ten thousand bodies, every Region.

`--exhaustive` (make trust) tries everything. Without it a seed chooses, `--sample-seed`, which each run prints. Whether
a case is chosen depends on the seed and on names alone, so every process of a run chooses the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

import pytest

DEFAULT_SEED: Final = 20261129

Case = TypeVar("Case")


@dataclass(frozen=True)
class Sampling:
    """How much is tried; tests get it as the fixture `sampling`."""

    seed: int
    is_exhaustive: bool

    def size(self, whole: int, sample: int) -> int:
        """How many cases to make where they are made one by one."""
        return whole if self.is_exhaustive else sample

    def of(self, cases: Iterable[Case], size: int, name: Callable[[Case], str] = str) -> list[Case]:
        """All cases, or as many of them as the size says, in their order."""
        found = list(cases)
        if self.is_exhaustive:
            return found
        ranked = sorted(range(len(found)), key=lambda at: self._rank(name(found[at])))
        return [found[at] for at in sorted(ranked[:size])]

    def _rank(self, name: str) -> bytes:
        return hashlib.sha256(f"{self.seed} {name}".encode(errors="surrogatepass")).digest()


def of_session(config: pytest.Config) -> Sampling:
    """What the options of a run ask for."""
    return Sampling(config.getoption("--sample-seed"), config.getoption("--exhaustive"))
