# SPDX-License-Identifier: Apache-2.0
"""Invocations that run at once, one AWS call at a time: whose call is next is decided by a seed, so that each order
that is found to be wrong can be had again.

A call is what AWS does as one step, so orders of calls are all the orders that there are. moto needs no locks this way.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import TypeVar

from tests.faults.wire import Call, Wire

Result = TypeVar("Result")
_LONGEST_WAIT_SECONDS = 600.0


class Turns:
    """Threads that each wait for their turn before every call."""

    def __init__(self, wire: Wire, seed: int) -> None:
        self._wire = wire
        self._chosen = random.Random(seed)
        self._changed = threading.Condition()
        self._waiting: set[int] = set()
        self._running: set[int] = set()
        self._next: int | None = None
        self._own = threading.local()

    def run(self, work: list[Callable[[], Result]]) -> list[Result]:
        """Do all of it at once; gives the results in the order of the work."""
        results: dict[int, Result] = {}
        self._running = set(range(len(work)))
        threads = [
            threading.Thread(target=self._do, args=(number, each, results), daemon=True)
            for number, each in enumerate(work)
        ]
        self._wire.turn = self._await
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(_LONGEST_WAIT_SECONDS)
        finally:
            self._wire.turn = lambda _: None
        return [results[number] for number in range(len(work))]

    def _do(self, number: int, work: Callable[[], Result], results: dict[int, Result]) -> None:
        self._own.number = number
        try:
            results[number] = work()
        finally:
            with self._changed:
                self._running.discard(number)
                self._choose()

    def _await(self, _: Call) -> None:
        number = self._own.number
        with self._changed:
            self._waiting.add(number)
            self._choose()
            assert self._changed.wait_for(lambda: self._next == number, _LONGEST_WAIT_SECONDS), "no turn came"
            self._next = None
            self._waiting.discard(number)

    def _choose(self) -> None:
        """Say whose turn it is, once everybody who is not at the end waits."""
        if self._next is None and self._waiting and self._waiting == self._running:
            self._next = self._chosen.choice(sorted(self._waiting))
            self._changed.notify_all()
