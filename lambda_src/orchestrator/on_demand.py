# SPDX-License-Identifier: Apache-2.0
"""Functions and classes named by text and imported when needed, so that no call waits for the imports of others."""

from __future__ import annotations

from collections.abc import Callable
from pkgutil import resolve_name
from typing import Any


def named(place: str) -> Any:
    """Return the object `module:name` of the orchestrator."""
    return resolve_name(f"orchestrator.{place}")


def function(place: str) -> Callable[..., dict[str, Any]]:
    """Return the function `module:function` of the orchestrator."""
    found: Callable[..., dict[str, Any]] = named(place)
    return found
