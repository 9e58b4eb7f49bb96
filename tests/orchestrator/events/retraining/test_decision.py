# SPDX-License-Identifier: Apache-2.0
"""Decision on a retraining: each reason to start nothing, and what holds for all histories."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.events.retraining import decision
from orchestrator.events.retraining.decision import (
    Begun,
    Facts,
    Findings,
    Hold,
    Limits,
    Prepare,
    Start,
    Started,
    Violation,
    Why,
    decide,
)

NOW: Final = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
JOB: Final = "berths-retrain-0123456789ab"
DRIFT: Final = Violation("draught", "baseline_drift_check")
FRESH: Final = Facts(
    now=NOW,
    job=JOB,
    saw_until=NOW,
    findings=Findings(are_certain=True, violations=(DRIFT,)),
    limits=Limits(frozenset(), DAY, 2, is_merged=False),
)


def begun(age: timedelta, source: Any = "aws", job: str = "berths-retrain-ba9876543210") -> Begun:
    return Begun(job, NOW - age, source)


def limited(**changes: Any) -> Limits:
    return replace(FRESH.limits, **changes)


class TestEachReason:
    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            pytest.param({}, Start(), id="nothing in the way"),
            pytest.param({"limits": limited(is_merged=True)}, Prepare(), id="data to be written first"),
            pytest.param({"limits": limited(is_merged=True), "is_prepared": True}, Start(), id="data written"),
            pytest.param({"limits": limited(on=frozenset({DRIFT.check}))}, Start(), id="a check that counts"),
            pytest.param({"findings": Findings(are_certain=True)}, Start(), id="which is not told, and any counts"),
            pytest.param({"begun": [begun(HOUR, job=JOB)]}, Started(), id="its own job is there"),
            pytest.param({"begun": [begun(HOUR, "kept", JOB)]}, Start(), id="interrupted after the cause was kept"),
            pytest.param(
                {"limits": limited(is_merged=True), "begun": [begun(HOUR, "preparation", JOB)]},
                Prepare(),
                id="interrupted while the data was asked for",
            ),
            pytest.param({"begun": [begun(DAY)]}, Start(), id="the cooldown is over"),
            pytest.param({"begun": [begun(8 * DAY), begun(7 * DAY, job="b")]}, Start(), id="the week is over"),
        ],
    )
    def test_what_is_done(self, changes: dict[str, Any], expected: decision.Decision) -> None:
        assert decide(replace(FRESH, **changes)) == expected

    @pytest.mark.parametrize(
        ("changes", "why", "words"),
        [
            pytest.param({"is_enabled": False}, Why.DISABLED, "AutomaticRetraining=No", id="disabled"),
            pytest.param({"findings": Findings(are_certain=False)}, Why.UNKNOWN, "does not say", id="nothing known"),
            pytest.param(
                {"findings": Findings(are_certain=True), "limits": limited(on=frozenset({"rmse"}))},
                Why.UNKNOWN,
                "only rmse counts",
                id="not known which",
            ),
            pytest.param(
                {"limits": limited(on=frozenset({"rmse"}))},
                Why.NOT_ASKED,
                "Only rmse counts, and the run has found baseline_drift_check.",
                id="another check",
            ),
            pytest.param({"paused": "berths/training"}, Why.PAUSED, "berths/training is paused.", id="paused"),
            pytest.param({"running": "It runs."}, Why.RUNNING, "It runs.", id="running"),
            pytest.param(
                {"begun": [begun(DAY - timedelta(seconds=1))]},
                Why.COOLDOWN,
                "began at 2026-11-23 12:00 UTC; the next may begin after 2026-11-24 12:00 UTC",
                id="cooldown",
            ),
            pytest.param({"begun": [begun(HOUR, "preparation")]}, Why.COOLDOWN, "may begin", id="after a preparation"),
            pytest.param(
                {"begun": [begun(6 * DAY), begun(2 * DAY, "kept", "b")]}, Why.WEEK, "week's 2", id="twice in the week"
            ),
            pytest.param(
                {"begun": [begun(3 * HOUR)], "saw_until": NOW - 4 * HOUR, "limits": limited(cooldown=HOUR)},
                Why.LATE,
                "What the run saw was before",
                id="late",
            ),
        ],
    )
    def test_what_holds_it_back(self, changes: dict[str, Any], why: Why, words: str) -> None:
        found = decide(replace(FRESH, **changes))
        assert isinstance(found, Hold)
        assert found.why is why
        assert words in found.words

    def test_one_training_that_both_tell_counts_once(self) -> None:
        both = [begun(2 * DAY), begun(2 * DAY + HOUR, "kept")]
        assert decide(replace(FRESH, begun=both)) == Start()

    def test_preparations_do_not_use_up_the_week(self) -> None:
        several = [begun(day * DAY, "preparation", f"p{day}") for day in range(1, 7)]
        assert decide(replace(FRESH, begun=several)) == Start()


_AGES: Final = st.integers(-60, 14 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
_BEGUN: Final = st.builds(
    Begun,
    st.sampled_from([JOB, "b", "c", "d", "e"]),
    _AGES.map(lambda age: NOW - age),
    st.sampled_from(["kept", "aws", "preparation"]),
)
_FACTS: Final = st.builds(
    Facts,
    now=st.just(NOW),
    job=st.just(JOB),
    saw_until=_AGES.map(lambda age: NOW - age),
    findings=st.builds(
        Findings, st.booleans(), st.sampled_from([(), (DRIFT,), (Violation("beam", "missing_column_check"), DRIFT)])
    ),
    limits=st.builds(
        Limits,
        st.sampled_from([frozenset[str](), frozenset({DRIFT.check}), frozenset({"rmse"})]),
        st.integers(1, 240).map(lambda hours: timedelta(hours=hours)),
        st.integers(1, 4),
        st.booleans(),
    ),
    is_enabled=st.booleans(),
    paused=st.sampled_from(["", "berths/training"]),
    begun=st.lists(_BEGUN, max_size=6).map(tuple),
    running=st.sampled_from(["", "It runs."]),
    is_prepared=st.booleans(),
)


@given(_FACTS)
@settings(deadline=None, max_examples=600)
def test_what_is_started_breaks_no_limit(facts: Facts) -> None:
    if isinstance(decide(facts), Hold):
        return
    assert facts.is_enabled
    assert not facts.paused
    assert facts.findings.are_certain
    if facts.limits.on:
        assert facts.limits.on & {violation.check for violation in facts.findings.violations}
    if isinstance(decide(facts), Started):
        assert (JOB, "aws") in {(one.job, one.source) for one in facts.begun}
        return
    assert not facts.running
    others = [one for one in facts.begun if one.job != JOB]
    trainings = [one for one in others if one.source != "preparation"]
    assert all(NOW - one.at >= facts.limits.cooldown for one in others)
    assert all(facts.saw_until > one.at for one in trainings)
    assert len({one.job for one in trainings if NOW - one.at < 7 * DAY}) < facts.limits.max_per_week


@given(_FACTS, _BEGUN)
@settings(deadline=None, max_examples=400)
def test_whatever_is_found_beside_never_brings_a_retraining_about(facts: Facts, more: Begun) -> None:
    known = decide(replace(facts, begun=(*facts.begun, more), running="It runs."))
    if not isinstance(known, Hold):
        assert isinstance(known, Started) or not isinstance(decide(facts), Hold)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 96), st.integers(0, 8)), max_size=40), st.integers(1, 48))
@settings(deadline=None, max_examples=200)
def test_runs_in_any_order_twice_and_late_stay_within_cooldown_and_week(
    runs: list[tuple[int, int, int]], cooldown: int
) -> None:
    """Events of several monitors: (monitor, hour of the run's end, hours until its event arrives)."""
    limits = limited(cooldown=cooldown * HOUR)
    arrived = sorted((end + delay, monitor, end) for monitor, end, delay in [*runs, *runs[:5]])
    history: list[Begun] = []
    for arrival, monitor, end in arrived:
        facts = replace(
            FRESH,
            now=NOW + arrival * HOUR,
            saw_until=NOW + end * HOUR,
            job=f"{monitor}-{end}",
            limits=limits,
            begun=tuple(history),
        )
        if decide(facts) == Start():
            history.append(Begun(facts.job, facts.now, "aws"))
    times = [one.at for one in history]
    assert len({one.job for one in history}) == len(history)
    assert all(later - earlier >= cooldown * HOUR for earlier, later in itertools.pairwise(times))
    assert all(sum(abs(one - other) < 7 * DAY and one >= other for other in times) <= 2 for one in times)
