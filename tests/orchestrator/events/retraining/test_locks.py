# SPDX-License-Identifier: Apache-2.0
"""Locks: one holder at a time; what is left behind is gone on with by its own, and taken over by others later."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest

from orchestrator.aws import calls, locks

BUCKET: Final = "quayside-pipelines"
KEY: Final = "automation/x/lock"


@pytest.fixture(autouse=True)
def bucket(aws: None) -> None:
    location = {"LocationConstraint": "eu-west-1"}
    calls.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)


def left_behind(owner: str) -> None:
    """The holder has died."""
    calls.client("s3").put_object(Bucket=BUCKET, Key=KEY, Body=owner.encode())


def is_left() -> bool:
    return "Contents" in calls.client("s3").list_objects_v2(Bucket=BUCKET)


def test_one_holds_it_and_others_do_not_wait() -> None:
    with locks.holding(BUCKET, KEY, "one") as first:
        assert first
        with locks.holding(BUCKET, KEY, "two") as second:
            assert not second
        assert is_left(), "who does not hold it does not release it"
    assert not is_left()
    with locks.holding(BUCKET, KEY, "two") as later:
        assert later


def test_it_is_released_when_the_work_fails() -> None:
    with pytest.raises(ValueError, match="work"), locks.holding(BUCKET, KEY, "one"):
        raise ValueError("work")
    assert not is_left()


def test_the_next_attempt_of_the_same_invocation_goes_on() -> None:
    left_behind("one")
    with locks.holding(BUCKET, KEY, "one") as held:
        assert held
    assert not is_left()


def test_another_takes_it_over_once_nobody_can_hold_it(monkeypatch: pytest.MonkeyPatch) -> None:
    left_behind("one")
    with locks.holding(BUCKET, KEY, "two") as held:
        assert not held
    monkeypatch.setattr(locks, "STALE", timedelta(seconds=-1))
    with locks.holding(BUCKET, KEY, "two") as held:
        assert held
        content = calls.client("s3").get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
        assert content == b"two"
    assert not is_left()


def test_it_outlives_every_function() -> None:
    """Lambda ends a function after 15 minutes at most; ours after 5."""
    assert timedelta(minutes=15) <= locks.STALE
