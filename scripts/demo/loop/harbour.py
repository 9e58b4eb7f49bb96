# SPDX-License-Identifier: Apache-2.0
"""World of the closed loop's demo: ships that are late by hours that follow from cargo, draught and wind, and a storm.

The law is the same before and after; the storm is where no ship of the training data has been. So a model that has seen
both is as good in either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]

LABEL: Final = "hours_late"
FEATURES: Final = ("cargo", "draught", "wind")
CALM, STORM = 6.0, 17.0
"""Mean of the wind in metres per second."""
# What no feature tells of: no model is better than this.
_NOISE: Final = 1.0
_FRESH: Final = 8.0


def ships(count: int, wind: float, seed: int) -> Matrix:
    """Return so many ships, each with its label first: the same ones for the same seed."""
    random = np.random.default_rng(seed)
    cargo, draught = random.uniform(5, 40, count), random.uniform(4, 14, count)
    blowing = np.clip(random.normal(wind, 2, count), 0, None)
    hours = 1 + cargo / 8 + (draught > 10) * 1.5 + np.clip(blowing - _FRESH, 0, None) * 1.2
    late = hours + random.normal(0, _NOISE, count)
    return np.column_stack([late, cargo, draught, blowing]).round(3)


def as_lines(table: Matrix, header: Sequence[str] = ()) -> bytes:
    """Return rows as CSV, below a header if one is given."""
    lines = [",".join(header)] if header else []
    lines += [",".join(map(repr, row)) for row in table.tolist()]
    return "".join(f"{line}\n" for line in lines).encode()


def beside(table: Matrix, predicted: Sequence[float]) -> Matrix:
    """Return the rows with a prediction behind each."""
    return np.column_stack([table, predicted])


def error(truth: Sequence[float], predicted: Sequence[float]) -> float:
    """Return the root of the mean squared error, in hours."""
    return float(np.sqrt(np.mean((np.array(truth) - np.array(predicted)) ** 2)))
