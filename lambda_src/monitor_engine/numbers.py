# SPDX-License-Identifier: Apache-2.0
"""Numbers of an environment, where every value is a text."""

from __future__ import annotations

from monitor_engine.problems import EngineError


def at_least_one(name: str, text: str) -> float:
    """Return a number of rows. Raise EngineError."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 1 <= found <= 1e9:
        raise EngineError(f"{name} is {text!r}: give a number of rows, 1 at least")
    return found


def share(name: str, text: str, most: float = 1.0) -> float:
    """Return a number from 0 to 1, or to a lower limit. Raise EngineError."""
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= most:
        raise EngineError(f"{name} is {text!r}: give a number from 0 to {most:g}")
    return found
