# SPDX-License-Identifier: Apache-2.0
"""cfn-lint takes half a second for a blueprint, and many tests have the same one."""

from __future__ import annotations

import functools
from typing import Final

import pytest

from scripts.pipeline_types import linting

_ONCE: Final = functools.lru_cache(linting._lint)


def only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at each text once in this process."""
    monkeypatch.setattr(linting, "_lint", _ONCE)
