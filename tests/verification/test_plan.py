# SPDX-License-Identifier: Apache-2.0
"""What a verification does and costs, and what it settles."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from scripts.verification.claims import page
from scripts.verification.claims.claim import Seen
from scripts.verification.claims.every import CLAIMS
from scripts.verification.part import EXTRAS, Extra
from scripts.verification.plan import EVERY, Plan

_LONGEST_HOURS = 5


def test_it_costs_less_than_a_dollar_unless_more_is_asked_for() -> None:
    assert 0 < Plan().usd < 1


@pytest.mark.parametrize("extra", EXTRAS)
def test_each_extra_says_what_it_costs(extra: Extra) -> None:
    more = Plan((extra,))
    added = [part for part in more.parts if part.extra == extra]
    assert added
    assert more.usd == pytest.approx(Plan().usd + sum(part.usd for part in added))
    assert {part.extra for part in more.left_out} == {*EXTRAS} - {extra}


def test_every_part_has_a_price_and_a_time() -> None:
    assert [part.name for part in EVERY if not part.costs or part.usd <= 0 or part.minutes <= 0] == []
    assert Plan().minutes < _LONGEST_HOURS * 60


def test_an_endpoint_is_paid_for_until_the_end() -> None:
    """It serves from its deployment to the clean-up."""
    (at,) = [number for number, part in enumerate(Plan().parts) if part.name == "deploy"]
    after = sum(part.minutes for part in Plan().parts[at + 1 :])
    (hours,) = [cost.quantity for cost in Plan().parts[at].costs if "hours" in cost.what]
    assert hours * 60 >= after


@pytest.mark.parametrize("extras", [(), EXTRAS], ids=["without", "with"])
def test_what_a_part_needs_is_done_before_it(extras: tuple[Extra, ...]) -> None:
    names = [part.name for part in Plan(extras).parts]
    assert len(names) == len(set(names))
    for part in Plan(extras).parts:
        assert set(part.needs) <= set(itertools.takewhile(lambda name, part=part: name != part.name, names)), part.name


def test_every_claim_is_settled_by_a_part_or_says_how_a_person_does() -> None:
    parts = {part.name for part in EVERY}
    assert [one.id for one in CLAIMS.values() if bool(one.part) is bool(one.by_hand)] == []
    assert {one.part for one in CLAIMS.values() if one.part} <= parts
    assert [one.id for one in CLAIMS.values() if not (one.what and one.rests and one.evidence)] == []


def test_the_page_says_what_was_seen() -> None:
    seen = Seen("2026-12-01", "eu-west-1", "0.3.0", "CREATE_COMPLETE | after the job")
    claim = replace(CLAIMS["baseline-waits"], seen=seen)
    line = page.row(claim)
    assert line.endswith("2026-12-01, eu-west-1, version 0.3.0: CREATE_COMPLETE \\| after the job")
    assert line.count(" | ") == 4


def test_the_page_says_of_each_claim_that_nobody_has_seen_it() -> None:
    (text,) = page.texts().values()
    for claim in CLAIMS.values():
        (line,) = [line for line in text.splitlines() if line.startswith(f"| `{claim.id}`")]
        assert line.count(" | ") == 4
        assert claim.seen is not None or line.endswith(f"| {page.NOT_YET} |")
