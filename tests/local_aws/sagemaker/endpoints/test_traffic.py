# SPDX-License-Identifier: Apache-2.0
"""Shares of traffic, and fleets that end after the last call that they answer."""

from __future__ import annotations

from collections import Counter
from typing import Any, cast

import pytest

from scripts.local_aws.sagemaker.endpoints.traffic import GENERATOR, Traffic
from scripts.local_aws.sagemaker.endpoints.variants import Fleet


class StoppedFleet(Fleet):
    """Fleet without models, which says whether it has ended."""

    def __init__(self) -> None:
        super().__init__(cast(Any, None), [])
        self.stopped = 0

    def stop(self) -> None:
        self.stopped += 1


@pytest.fixture
def fleets() -> tuple[StoppedFleet, StoppedFleet]:
    return StoppedFleet(), StoppedFleet()


def test_calls_are_shared(fleets: tuple[StoppedFleet, StoppedFleet]) -> None:
    old, new = fleets
    traffic, seen = Traffic(), Counter[bool]()
    traffic.route({old: 0.9, new: 0.1})
    GENERATOR.seed(5)
    for _ in range(2000):
        with traffic.call() as fleet:
            seen[fleet is new] += 1
    assert 140 <= seen[True] <= 260
    traffic.route({old: 0.0, new: 1.0})
    for _ in range(50):
        with traffic.call() as fleet:
            assert fleet is new
    assert (old.stopped, new.stopped) == (0, 0)


def test_fleet_ends_after_its_last_call(fleets: tuple[StoppedFleet, StoppedFleet]) -> None:
    old, new = fleets
    traffic = Traffic()
    traffic.route({old: 1.0})
    with traffic.call() as first:
        traffic.join(old)
        traffic.route({new: 1.0})
        assert first is old
        assert old.stopped == 0
    # A shadow is still being asked.
    assert old.stopped == 0
    traffic.leave(old)
    assert (old.stopped, new.stopped) == (1, 0)


def test_idle_fleet_ends_at_once_and_then_nobody_answers(fleets: tuple[StoppedFleet, StoppedFleet]) -> None:
    old, _ = fleets
    traffic = Traffic()
    traffic.route({old: 1.0})
    traffic.route({})
    assert old.stopped == 1
    with traffic.call() as fleet:
        assert fleet is None
