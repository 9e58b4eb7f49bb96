# SPDX-License-Identifier: Apache-2.0
"""The local AWS's clock: what falls into the time that is added happens in order, each at its own moment."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import requests

from scripts.local_aws.clock import Clock
from scripts.local_aws.server import LocalAws
from tests.local_aws.waiting import SECONDS


@pytest.fixture
def clock() -> Iterator[Clock]:
    made = Clock()
    yield made
    made.stop()


def test_what_is_due_happens_in_order_at_its_own_moment(clock: Clock) -> None:
    begun, seen = clock.now(), []
    for seconds in (300, 100, 200):
        clock.when(begun + timedelta(seconds=seconds), lambda: seen.append((clock.now() - begun).total_seconds()))
    assert clock.advance(250) >= begun + timedelta(seconds=250)
    assert [round(moment) for moment in seen] == [100, 200]
    clock.advance(50)
    assert [round(moment) for moment in seen] == [100, 200, 300]


def test_what_is_planned_by_an_action_falls_into_the_same_move(clock: Clock) -> None:
    seen: list[str] = []
    begun = clock.now()

    def first() -> None:
        seen.append("first")
        clock.when(begun + timedelta(seconds=20), lambda: seen.append("second"))

    clock.when(begun + timedelta(seconds=10), first)
    clock.when(begun + timedelta(seconds=15), lambda: 1 / 0)
    clock.advance(30)
    assert seen == ["first", "second"]


def test_every_minute_until_the_clock_stops(clock: Clock) -> None:
    moments: list[tuple[datetime, datetime]] = []
    clock.every(60, lambda moment: moments.append((moment, clock.now())))
    clock.advance(180)
    assert len(moments) == 3
    assert {now.second for _, now in moments} == {0}
    assert all(timedelta() <= now - moment < timedelta(seconds=1) for moment, now in moments)
    clock.stop()
    clock.advance(120)
    assert len(moments) == 3


def test_real_time_is_enough(clock: Clock) -> None:
    over = threading.Event()
    clock.when(clock.now() + timedelta(milliseconds=20), over.set)
    assert over.wait(SECONDS)


def test_clock_is_moved_over_http(local_aws: LocalAws) -> None:
    address = f"{local_aws.endpoint_url}/_clock"
    before = requests.get(address, timeout=SECONDS).json()
    after = requests.post(f"{address}?seconds=90", timeout=SECONDS).json()
    # The time that its actions take is a part of those seconds.
    assert 0 < after["added"] - before["added"] < 90.001
    assert datetime.fromisoformat(after["now"]) - datetime.fromisoformat(before["now"]) >= timedelta(seconds=90)
    assert requests.post(f"{address}?seconds=-1", timeout=SECONDS).status_code == 400
    assert requests.post(f"{address}?seconds=soon", timeout=SECONDS).status_code == 400
    assert requests.put(address, timeout=SECONDS).status_code == 405
