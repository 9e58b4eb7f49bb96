# SPDX-License-Identifier: Apache-2.0
"""Predictions with what turned out to be true, in bounded memory.

Up to the limit all are kept. Beyond it those whose identifier has the lowest hashes stay: a sample that depends neither
on the order of the records nor on chance.
"""

from __future__ import annotations

import zlib
from array import array
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from monitor_engine.data.columns import Numbers

MOST: Final = 2_000_000
_ALL: Final = 2**32
Codes = npt.NDArray[np.int32]


class Outcomes:
    """Labels as codes, numbers as they are, and probabilities where there are any."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._limit = _ALL
        self._hashes = array("I")
        self._codes: dict[str, int] = {}
        self._labels = {"truth": array("i"), "predicted": array("i")}
        self._numbers = {name: array("d") for name in ("truth", "predicted", "probability")}
        self.seen = 0

    def __len__(self) -> int:
        return len(self._hashes)

    @property
    def is_sample(self) -> bool:
        """Whether not all are kept."""
        return self._limit < _ALL

    @property
    def labels(self) -> list[str]:
        """The labels by their codes."""
        return list(self._codes)

    def met(self, name: str) -> set[str]:
        """Return the labels that are among `truth` or `predicted`."""
        known = self.labels
        return {known[code] for code in set(self._labels[name]) if code >= 0}

    def add_labels(self, identifier: str, truth: str, predicted: str, probability: float) -> None:
        """Take an outcome of a classification; `predicted` is empty if it follows from the probability alone."""
        if self._takes(identifier):
            for name, label in (("truth", truth), ("predicted", predicted)):
                self._labels[name].append(self._codes.setdefault(label, len(self._codes)) if label else -1)
            self._numbers["probability"].append(probability)
            self._shrink()

    def add_numbers(self, identifier: str, truth: float, predicted: float) -> None:
        """Take an outcome of a regression."""
        if self._takes(identifier):
            self._numbers["truth"].append(truth)
            self._numbers["predicted"].append(predicted)
            self._shrink()

    def codes(self, name: str) -> Codes:
        """Return the codes of `truth` or `predicted`; -1 is a prediction that was not given."""
        return np.array(self._labels[name], dtype=np.int32)[self._order()]

    def numbers(self, name: str) -> Numbers:
        """Return the numbers of `truth`, `predicted` or `probability`."""
        found = np.array(self._numbers[name], dtype=np.float64)
        return found[self._order()] if len(found) else found

    def _order(self) -> npt.NDArray[np.intp]:
        """By hash, so that samples of places have the same outcomes in whatever order they came."""
        return np.argsort(np.array(self._hashes, dtype=np.uint32), kind="stable")

    def _takes(self, identifier: str) -> bool:
        self.seen += 1
        found = zlib.crc32(identifier.encode())
        if found >= self._limit:
            return False
        self._hashes.append(found)
        return True

    def _shrink(self) -> None:
        while len(self._hashes) > self._most:
            self._limit //= 2
            kept = np.array(self._hashes, dtype=np.uint32) < self._limit
            self._hashes = _only(self._hashes, kept)
            for columns in (self._labels, self._numbers):
                for name, column in columns.items():
                    if column:
                        columns[name] = _only(column, kept)


def _only(column: array[Any], kept: npt.NDArray[np.bool_]) -> array[Any]:
    return array(column.typecode, np.array(column)[kept].tobytes())
