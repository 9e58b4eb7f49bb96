# SPDX-License-Identifier: Apache-2.0
"""Functions named by text and imported when needed, so that no call waits for the imports of others."""

from __future__ import annotations

from collections.abc import Callable
from pkgutil import resolve_name
from typing import Any


def function(name: str) -> Callable[..., dict[str, Any]]:
    """Return the function `module:function` of the orchestrator."""
    found: Callable[..., dict[str, Any]] = resolve_name(f"orchestrator.{name}")
    return found
