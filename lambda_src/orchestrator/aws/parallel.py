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


def each(service: str | tuple[str, ...], call: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Return the call's results in the order of the items; raises the error of the first item that fails.

    `service` is the called service, or all of them: threads can share a client, but must not create it at the same
    time.
    """
    called = (service,) if isinstance(service, str) else service
    for one in called:
        client(one)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="-".join(called)) as pool:
        return list(pool.map(call, items))
