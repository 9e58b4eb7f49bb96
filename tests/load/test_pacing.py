# SPDX-License-Identifier: Apache-2.0

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from scripts.load import pacing
from scripts.load.pacing import Plan, Reply

SECONDS = 60


def test_calls_begin_when_they_are_due_and_wait_for_no_answer() -> None:
    """No call ends before all have begun: whoever waited for answers would never come to the second."""
    plan = Plan(rate=200, seconds=0.1)
    together = threading.Barrier(plan.calls)

    def ask() -> Reply:
        together.wait(SECONDS)
        return Reply("a")

    run = pacing.run(plan, ask)
    assert [call.reply for call in run.calls] == [Reply("a")] * 20
    assert all(call.lateness >= 0 and call.latency > 0 for call in run.calls)


def test_no_call_begins_before_it_is_due() -> None:
    run = pacing.run(Plan(rate=200, seconds=0.1), Reply)
    # The last one is due 19 twohundredths after the first.
    assert run.seconds + run.calls[0].lateness >= 0.095


def test_there_is_one_call_at_least() -> None:
    assert len(pacing.run(Plan(rate=0.1, seconds=1), Reply).calls) == 1


def test_who_interrupts_is_not_kept_waiting_for_calls_that_have_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first call is interrupted; one that begins before the others are given up ends when they are."""
    given_up = threading.Event()

    class Pool(ThreadPoolExecutor):
        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            super().shutdown(wait=False, cancel_futures=cancel_futures)
            given_up.set()
            super().shutdown(wait=wait)

    monkeypatch.setattr(pacing, "_MOST_AT_ONCE", 1)
    monkeypatch.setattr(pacing, "ThreadPoolExecutor", Pool)
    plan, made = Plan(rate=200, seconds=0.1), []

    def ask() -> Reply:
        made.append(not made or given_up.wait(SECONDS))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pacing.run(plan, ask)
    assert 0 < len(made) < plan.calls


@pytest.mark.parametrize(
    ("rate", "seconds", "words"),
    [
        (0, 1, "--rate must be more than 0"),
        (200.5, 1, "at most 200: 200.5 was given"),
        (1, -1, "--seconds must be more than 0"),
        (1, 601, "at most 600: 601 was given"),
        (200, 101, "at most 20000 calls: 20200 were asked for"),
        (float("nan"), 1, "--rate must be more than 0"),
    ],
    ids=["no-rate", "rate", "negative-seconds", "seconds", "calls", "not-a-number"],
)
def test_what_is_too_much_is_refused(rate: float, seconds: float, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Plan(rate, seconds)
