# SPDX-License-Identifier: Apache-2.0
"""Functions that are named, and imported when they are needed: a call pays for nothing that others need."""

from __future__ import annotations

from collections.abc import Callable
from pkgutil import resolve_name
from typing import Any


def function(name: str) -> Callable[..., dict[str, Any]]:
    """The function `module:function` of the orchestrator."""
    found: Callable[..., dict[str, Any]] = resolve_name(f"orchestrator.{name}")
    return found
