# SPDX-License-Identifier: Apache-2.0
"""Independent calls, made at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from orchestrator.aws.calls import client

# The number of connections that a client keeps open.
_AT_ONCE: Final = 10

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(service: str, call: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Return the call's results in the order of the items; raises the error of the first item that fails.

    `service` is the called service: threads can share its client, but must not create it at the same time.
    """
    client(service)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix=service) as pool:
        return list(pool.map(call, items))
