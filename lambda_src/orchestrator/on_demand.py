# SPDX-License-Identifier: Apache-2.0
"""Functions and classes that are named, and imported when they are needed: a call pays for nothing that others need."""

from __future__ import annotations

from collections.abc import Callable
from pkgutil import resolve_name
from typing import Any


def named(place: str) -> Any:
    """What is called `module:name` in the orchestrator."""
    return resolve_name(f"orchestrator.{place}")


def function(place: str) -> Callable[..., dict[str, Any]]:
    """The function `module:function` of the orchestrator."""
    found: Callable[..., dict[str, Any]] = named(place)
    return found
