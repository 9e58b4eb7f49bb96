# SPDX-License-Identifier: Apache-2.0
"""How often each text of a column occurs, in bounded memory, the same for any order of rows.

Up to the limit every text is counted. Beyond it those with the lowest hashes stay, with exact counts: a sample of the
distinct texts, from which their number follows (Gibbons: Distinct sampling, 2001). Two columns keep the same texts of
those they share.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

MOST: Final = 10_000
"""Distinct texts that are counted."""
_ALL: Final = 2**64


class Categories:
    """Texts of a column with their counts."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._limit = _ALL
        self.counts: dict[str, int] = {}
        self.total = 0

    @property
    def is_whole(self) -> bool:
        """Whether every text has been counted."""
        return self._limit == _ALL

    @property
    def distinct(self) -> int:
        """How many texts there are; beyond the limit about, with a standard error of 1 %."""
        return len(self.counts) if self.is_whole else round(len(self.counts) * (_ALL / self._limit))

    def add(self, texts: Mapping[str, int]) -> None:
        """Take more texts."""
        self.total += sum(texts.values())
        if not self.is_whole:
            texts = _lower(texts, self._limit)
        for text, count in texts.items():
            self.counts[text] = self.counts.get(text, 0) + count
        while len(self.counts) > self._most:
            self._limit //= 2
            self.counts = _lower(self.counts, self._limit)

    def most_frequent(self) -> list[tuple[str, int]]:
        """Return the counted texts, the most frequent first, equals by name."""
        return sorted(self.counts.items(), key=lambda one: (-one[1], one[0]))


def _lower(texts: Mapping[str, int], limit: int) -> dict[str, int]:
    if not texts:
        return {}
    names: npt.NDArray[Any] = np.array(list(texts), dtype=object)
    hashes = pd.util.hash_array(names, categorize=False)
    kept = hashes < np.uint64(min(limit, _ALL - 1))
    return {name: texts[name] for name in names[kept]}
