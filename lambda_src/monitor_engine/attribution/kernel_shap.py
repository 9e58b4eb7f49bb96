# SPDX-License-Identifier: Apache-2.0
"""Kernel SHAP: each feature's share in an answer, from answers to rows whose other features are a background's.

Lundberg, Lee: A unified approach to interpreting model predictions (2017). All coalitions of features are asked for
when there are no more than the number of samples, which makes the values exact; else pairs of a coalition and its
complement are drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from monitor_engine.data.columns import Numbers

Rows = npt.NDArray[Any]
Masks = npt.NDArray[np.bool_]
Predict = Callable[[Rows], Numbers]
"""Rows -> a number for each, or several."""
Places = Sequence[int]
# Weight of the two coalitions whose answers must be met exactly: none and all of the features.
_EXACT: Final = 1e9


def coalitions(features: int, samples: int, random: np.random.Generator) -> tuple[Masks, Numbers]:
    """Return which features are in each coalition, and its weight; without those of none and all."""
    if features <= 1:
        return np.zeros((0, features), dtype=bool), np.zeros(0)
    if 2**features - 2 <= samples:
        return _all(features)
    sizes = np.arange(1, features)
    chances = 1.0 / (sizes * (features - sizes))
    counts: dict[bytes, int] = {}
    for size in random.choice(sizes, size=max(samples // 2, features), p=chances / chances.sum()):
        mask = np.zeros(features, dtype=bool)
        mask[random.choice(features, size=size, replace=False)] = True
        for drawn in (mask, ~mask):
            counts[drawn.tobytes()] = counts.get(drawn.tobytes(), 0) + 1
    masks = np.array([np.frombuffer(key, dtype=bool) for key in counts])
    # How often one is drawn stands for its weight.
    return masks, np.array(list(counts.values()), dtype=np.float64)


def values(predict: Predict, row: Rows, background: Rows, drawn: tuple[Masks, Numbers], places: Places = ()) -> Numbers:
    """Return the value of each feature of a row, whose sum is the answer to the row less that to the background.

    With places only these features have values, and the others stay as they are in the row. Of a model that answers
    with several scores, the values of a feature are a row of the result.
    """
    masks, weights = drawn
    chosen = list(places) or list(range(len(row)))
    size = len(chosen)
    alike = [*masks, np.zeros(size, bool), np.ones(size, bool)]
    asked = [np.where(_whole(mask, chosen, len(row)), row, background) for mask in alike]
    answers = predict(np.concatenate(asked))
    answers = answers.reshape(len(asked), len(background), *answers.shape[1:]).mean(axis=1)
    base, full = answers[-2], answers[-1]
    matrix = np.vstack([masks, np.ones(size)]).astype(np.float64)
    scale = weights.max() * _EXACT if len(weights) else 1.0
    root = np.sqrt(np.append(weights, scale))
    targets = np.concatenate([answers[:-2], full[None]]) - base
    found: Numbers = np.linalg.lstsq(matrix * root[:, None], (targets.T * root).T, rcond=None)[0]
    return found


def _whole(mask: npt.NDArray[np.bool_], chosen: list[int], size: int) -> npt.NDArray[np.bool_]:
    found = np.ones(size, dtype=bool)
    found[chosen] = mask
    return found


def _all(features: int) -> tuple[Masks, Numbers]:
    masks, weights = [], []
    for size in range(1, features):
        weight = (features - 1) / (math.comb(features, size) * size * (features - size))
        for chosen in combinations(range(features), size):
            mask = np.zeros(features, dtype=bool)
            mask[list(chosen)] = True
            masks.append(mask)
            weights.append(weight)
    return np.array(masks), np.array(weights)
