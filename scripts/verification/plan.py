# SPDX-License-Identifier: Apache-2.0
"""Plan of a verification: its parts in order, and what they cost, known before anything is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from scripts.verification.part import Extra, Part
from scripts.verification.parts import (
    building,
    jobs,
    launching,
    monitoring,
    observing,
    operating,
    searching,
    serving,
    staging,
    training,
)

EVERY: Final[tuple[Part, ...]] = (
    *launching.PARTS,
    *training.PARTS[:2],
    *serving.PARTS,
    *operating.PARTS,
    monitoring.BASELINES,
    monitoring.ASK,
    *staging.BEGIN,
    # What begins at the next full hour is looked at last: until then there is time for these.
    *jobs.PARTS,
    *observing.PARTS,
    *training.PARTS[2:],
    *building.PARTS,
    *searching.PARTS,
    serving.UPDATE,
    *monitoring.PARTS,
    *staging.END,
    operating.DELETE,
)
"""Every part, each after those that it needs."""
CLEANING_MINUTES: Final = 20


@dataclass(frozen=True)
class Plan:
    """The chosen parts."""

    extras: tuple[Extra, ...] = ()

    @property
    def parts(self) -> Sequence[Part]:
        """Parts that run."""
        return [part for part in EVERY if part.extra is None or part.extra in self.extras]

    @property
    def left_out(self) -> Sequence[Part]:
        """Parts that run only on request."""
        return [part for part in EVERY if part not in self.parts]

    @property
    def usd(self) -> float:
        """Approximate cost."""
        return sum(part.usd for part in self.parts)

    @property
    def minutes(self) -> float:
        """Approximate duration on AWS, including the clean-up."""
        return sum(part.minutes for part in self.parts) + CLEANING_MINUTES

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Name, what, minutes and cost of each part."""
        return [(part.name, part.what, f"{part.minutes:g}", f"{part.usd:.2f}") for part in self.parts]
