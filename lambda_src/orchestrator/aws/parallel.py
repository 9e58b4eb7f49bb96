# SPDX-License-Identifier: Apache-2.0
"""Independent calls, made at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeVar

from orchestrator.aws.calls import client

# The number of connections that a client keeps open.
_AT_ONCE: Final = 10

Item = TypeVar("Item")
Result = TypeVar("Result")


<<<<<<< HEAD
def each(service: str, call: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Return the call's results in the order of the items; raises the error of the first item that fails."""
    return all_of([service], [partial(call, item) for item in items])


def all_of(services: Iterable[str], calls: Sequence[Callable[[], Result]]) -> list[Result]:
    """Return the results of the calls in their order; raises the error of the first one that fails.

    `services` are the called services: threads can share their clients, but must not create them at the same time.
    """
    for service in dict.fromkeys(services):
        client(service)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="aws") as pool:
        return list(pool.map(lambda call: call(), calls))
=======
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
>>>>>>> main
