# SPDX-License-Identifier: Apache-2.0
"""A kind of thing that a verification leaves in an account: how it is found, and how it is removed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from scripts.verification.scene import Scene


@dataclass(frozen=True)
class Kind:
    """Kind of resource. `find` returns names or ids and is called until none is left. `remove` may wait for the end."""

    what: str
    find: Callable[[Scene], Iterable[str]]
    remove: Callable[[Scene, str], None]
