# SPDX-License-Identifier: Apache-2.0
"""Calls that do not depend on each other, made at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from orchestrator.aws.calls import client

# As many as a client keeps connections open.
_AT_ONCE: Final = 10

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(service: str, call: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """The call's results in the order of the items; raises what the first of them raises that fails.

    `service` is the one that is called: its client can be shared by threads, but not be made by several of them.
    """
    client(service)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix=service) as pool:
        return list(pool.map(call, items))
