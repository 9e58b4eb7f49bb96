# SPDX-License-Identifier: Apache-2.0
"""Combinations of independent choices: each value of one meets each value of another, in a third of all there are."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import pytest

from orchestrator.values.per_stage import Stage

_PAIRS: Final = ((0, 0, 0, 0), (0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 0, 1), (1, 1, 1, 0))


class Combination(NamedTuple):
    """What a pipeline serves, and where."""

    kind: str
    registry: bool
    encrypted: bool
    stage: Stage | None


def _combination(kind: int, registry: int, encrypted: int, stage: int) -> Any:
    made = Combination(("builtin", "custom")[kind], bool(registry), bool(encrypted), "staging" if stage else None)
    names = (made.kind, ("artifact", "registry")[registry], ("plain", "kms")[encrypted], ("single", "multi")[stage])
    return pytest.param(made, id="-".join(names))


every_pair: Final = pytest.mark.parametrize("combination", [_combination(*chosen) for chosen in _PAIRS])
