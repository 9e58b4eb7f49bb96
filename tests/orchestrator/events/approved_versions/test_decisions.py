# SPDX-License-Identifier: Apache-2.0
"""Which version a follower is to deploy; in the end, no order, delay or repetition of events makes a difference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.events.approved_versions.decisions import Decision, Situation, decide
from orchestrator.sagemaker import version_arns

GROUP = "arn:aws:sagemaker:eu-west-1:111122223333:model-package-group/berths"
VERSION = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/berths"
VERSIONS = st.integers(1, 6)
CHANGES = st.lists(st.tuples(VERSIONS, st.sampled_from(["Approved", "Rejected"])), max_size=12)


@pytest.mark.parametrize(
    ("seen", "decision"),
    [
        pytest.param(Situation(1, frozenset({1, 2})), Decision("deploy", 2), id="a newer one is approved"),
        pytest.param(Situation(1, frozenset({2, 4})), Decision("deploy", 4), id="the newest of several"),
        pytest.param(Situation(3, frozenset({1, 3})), Decision("nothing"), id="an older one is approved"),
        pytest.param(Situation(3, frozenset({1, 2})), Decision("roll_back", 2), id="the present one is rejected"),
        pytest.param(Situation(3, frozenset({5})), Decision("deploy", 5), id="rejected, and a newer one approved"),
        pytest.param(Situation(3, frozenset()), Decision("none_left"), id="none is approved"),
        pytest.param(Situation(3, frozenset({3}), begun=3), Decision("finish", 3), id="interrupted"),
        pytest.param(Situation(2, frozenset({2}), begun=3), Decision("nothing"), id="begun for another one"),
        pytest.param(Situation(3, frozenset({2}), begun=3), Decision("roll_back", 2), id="rejected while it began"),
    ],
)
def test_the_newest_approved_version_counts(seen: Situation, decision: Decision) -> None:
    assert decide(seen) == decision


@dataclass
class World:
    """A registry, and a follower that looks at it whenever an event arrives."""

    present: int = 1
    status: dict[int, str] = field(default_factory=lambda: {1: "Approved"})

    def look(self) -> None:
        approved = frozenset(number for number, status in self.status.items() if status == "Approved")
        decision = decide(Situation(self.present, approved))
        if decision.what in ("deploy", "roll_back"):
            self.present = decision.version


def run(changes: Iterable[tuple[int, str]], looks: Iterable[int]) -> World:
    """Change the registry step by step; after each step, so many of the events that were sent arrive."""
    world, arriving = World(), iter(looks)
    for number, status in changes:
        world.status[number] = status
        for _ in range(next(arriving, 0)):
            world.look()
    # The event of the last change arrives at some time, once at least.
    world.look()
    return world


@given(CHANGES, st.lists(st.integers(0, 3), max_size=12), st.lists(st.integers(0, 3), max_size=12))
def test_delays_and_repetitions_of_events_make_no_difference(
    changes: list[tuple[int, str]], looks: list[int], others: list[int]
) -> None:
    one, other = run(changes, looks), run(changes, others)
    approved = [number for number, status in one.status.items() if status == "Approved"]
    if approved:
        assert one.present == other.present == max(approved)


@given(st.dictionaries(VERSIONS, st.sampled_from(["Approved", "Rejected"])), st.randoms(use_true_random=False))
def test_the_order_in_which_versions_are_decided_makes_no_difference(status: dict[int, str], random: object) -> None:
    changes = list(status.items())
    shuffled = [*changes]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    approved = [number for number, found in (World().status | status).items() if found == "Approved"]
    if approved:
        assert run(changes, [1] * 12).present == run(shuffled, [1] * 12).present == max(approved)


@given(st.integers(1, 6), st.frozensets(VERSIONS), st.integers(0, 6))
def test_what_was_done_needs_nothing_more(present: int, approved: frozenset[int], begun: int) -> None:
    decision = decide(Situation(present, approved, begun))
    after = decision.version or present
    again = decide(Situation(after, approved))
    assert again.what in ("nothing", "none_left")
    assert again.what != "none_left" or not approved


def test_names_of_versions_and_groups() -> None:
    assert version_arns.number(f"{VERSION}/12") == 12
    assert version_arns.group_arn(f"{VERSION}/12") == GROUP
    assert version_arns.numbered(GROUP, 3) == f"{VERSION}/3"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("", id="nothing"),
        pytest.param("berths", id="a name"),
        pytest.param(VERSION, id="no version"),
        pytest.param(f"{VERSION}/x", id="no number"),
    ],
)
def test_what_is_no_version_of_a_group_has_no_number(other: str) -> None:
    assert version_arns.number(other) == 0
