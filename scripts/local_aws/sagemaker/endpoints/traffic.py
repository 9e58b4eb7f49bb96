# SPDX-License-Identifier: Apache-2.0
"""Traffic of an endpoint: which fleet answers a call, and when a fleet that is no longer needed may end."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from scripts.local_aws.sagemaker.endpoints.variants import Fleet

GENERATOR: Final = random.Random()  # noqa: S311 - shares of traffic, not secrets
"""Draws fleets, variants and copies for shadows; tests seed it."""


class Traffic:
    """Fleets and their shares of the calls. A fleet that loses its place ends after the last call that it answers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shares: dict[Fleet, float] = {}

    @property
    def shares(self) -> dict[Fleet, float]:
        """The fleets with their shares; all together are 1, or there are none."""
        with self._lock:
            return dict(self._shares)

    def route(self, shares: Mapping[Fleet, float]) -> None:
        """Send calls to these fleets from now on, and end those that are not among them.

        A fleet with share 0 stands by.
        """
        with self._lock:
            gone = [fleet for fleet in self._shares if fleet not in shares]
            self._shares = dict(shares)
            idle = [fleet for fleet in gone if not fleet.calls]
        for fleet in idle:
            fleet.stop()

    @contextmanager
    def call(self) -> Iterator[Fleet | None]:
        """Draw the fleet that answers a call; it goes on until the call is over. None: there is no fleet."""
        fleet = self._enter()
        try:
            yield fleet
        finally:
            if fleet is not None:
                self.leave(fleet)

    def join(self, fleet: Fleet) -> None:
        """Keep a fleet for one more call, whoever calls this having one; `leave` ends it."""
        with self._lock:
            fleet.calls += 1

    def leave(self, fleet: Fleet) -> None:
        """End a call, and the fleet with its last call if it has lost its place."""
        with self._lock:
            fleet.calls -= 1
            over = not fleet.calls and fleet not in self._shares
        if over:
            fleet.stop()

    def _enter(self) -> Fleet | None:
        with self._lock:
            taking = [fleet for fleet, share in self._shares.items() if share > 0]
            if not taking:
                return None
            fleet = taking[0]
            if len(taking) > 1:
                fleet = GENERATOR.choices(taking, [self._shares[one] for one in taking])[0]
            fleet.calls += 1
            return fleet
