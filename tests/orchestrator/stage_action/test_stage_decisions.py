# SPDX-License-Identifier: Apache-2.0
"""Decisions where accounts, Regions and definitions do not match evenly."""

from __future__ import annotations

import pytest

from orchestrator.aws.cloudformation.stack_sets import SUSPENDED, Definition, Instance
from orchestrator.stage_action.decisions import (
    MOST_LOOKS,
    CreateInstances,
    Finished,
    Found,
    Impossible,
    LookAgain,
    Progress,
    Step,
    Update,
    Wanted,
    decide,
)

NEW, OLD = Definition("new", (("A", "1"),)), Definition("old", ())
WANTED = Wanted(NEW, ("ou-ab12-cd34ef56",), ("1", "2"), ("eu-west-1", "eu-north-1"))
EVERYWHERE = [f"{account} {region}" for account in WANTED.accounts for region in WANTED.regions]


def found(
    *where: str, definition: Definition = NEW, status: str = "CURRENT", detailed: str = "", last: str = ""
) -> Found:
    places = (place.split() for place in where)
    return Found(definition, tuple(Instance(account, region, status, detailed, "", last) for account, region in places))


def targets(step: Step) -> tuple[tuple[str, ...], tuple[str, ...]]:
    assert isinstance(step, Update | CreateInstances)
    assert step.targets is not None
    return step.targets.accounts, step.targets.regions


def test_what_is_as_wanted_needs_nothing() -> None:
    assert decide(WANTED, found(*EVERYWHERE), Progress()) == Finished()


def test_instances_elsewhere_are_left_alone() -> None:
    others = found("9 eu-west-1", status="OUTDATED").instances
    assert decide(WANTED, Found(NEW, (*found(*EVERYWHERE).instances, *others)), Progress()) == Finished()


def test_another_definition_updates_every_wanted_instance() -> None:
    step = decide(WANTED, found(*EVERYWHERE, definition=OLD), Progress())
    assert isinstance(step, Update)
    assert targets(step) == (WANTED.accounts, WANTED.regions)


def test_an_update_never_names_an_instance_that_is_not_there() -> None:
    step = decide(WANTED, found("1 eu-west-1", "2 eu-north-1", definition=OLD), Progress())
    assert isinstance(step, CreateInstances)
    after = decide(WANTED, found(*EVERYWHERE, definition=OLD), Progress(created=True, own=True))
    assert isinstance(after, Update)


def test_a_set_that_is_used_only_elsewhere_is_not_updated_there() -> None:
    """An update without targets would reach accounts that this stage does not name."""
    step = decide(WANTED, found("9 eu-west-1", definition=OLD), Progress())
    assert isinstance(step, CreateInstances)


def test_only_what_is_missing_is_created() -> None:
    assert targets(decide(WANTED, found("1 eu-west-1", "1 eu-north-1"), Progress())) == (("2",), WANTED.regions)


def test_after_our_update_the_definition_is_not_compared_again() -> None:
    """The value of a NoEcho parameter is described as asterisks."""
    assert decide(WANTED, found(*EVERYWHERE, definition=OLD), Progress(updated=True)) == Finished()
    assert isinstance(decide(WANTED, found(definition=OLD), Progress(updated=True)), CreateInstances)


def test_nothing_is_created_twice() -> None:
    here = found("1 eu-west-1", "1 eu-north-1")
    assert decide(WANTED, here, Progress(created=True)) == LookAgain()
    step = decide(WANTED, here, Progress(created=True, looks=MOST_LOOKS))
    assert isinstance(step, Impossible)
    assert len(step.problems) == 2


def test_nothing_is_updated_twice() -> None:
    here = found(*EVERYWHERE, status="OUTDATED")
    assert decide(WANTED, here, Progress(updated=True)) == LookAgain()
    assert isinstance(decide(WANTED, here, Progress(updated=True, looks=MOST_LOOKS)), Impossible)


def test_a_new_instance_that_seems_outdated_is_looked_at_again_before_it_is_updated() -> None:
    here = found(*EVERYWHERE, status="OUTDATED")
    assert decide(WANTED, here, Progress(created=True)) == LookAgain()
    assert isinstance(decide(WANTED, here, Progress(created=True, looks=MOST_LOOKS)), Update)


def test_a_suspended_account_is_tried_once() -> None:
    here = found(*EVERYWHERE, status="OUTDATED", detailed=SUSPENDED)
    assert isinstance(decide(WANTED, here, Progress()), Update)
    assert isinstance(decide(WANTED, here, Progress(updated=True)), Impossible)


def test_what_our_operation_failed_is_not_tried_again() -> None:
    """CloudFormation's count of failures is not relied on alone."""
    here = found(*EVERYWHERE, status="OUTDATED", detailed="FAILED", last="job-0")
    assert isinstance(decide(WANTED, here, Progress("job-0", own=True, created=True)), Impossible)
    assert isinstance(decide(WANTED, here, Progress("job-0", own=False)), Update)


@pytest.mark.parametrize("progress", [Progress(), Progress("operation", own=True, started=3, created=True, looks=2)])
def test_a_token_is_read_as_it_was_written(progress: Progress) -> None:
    assert Progress.of(progress.token("quayside-dev")) == progress


@pytest.mark.parametrize("token", ["", "{", "[]", "7", '{"previous_job_id": "1"}'])
def test_a_strange_token_is_a_fresh_start(token: str) -> None:
    assert Progress.of(token) == Progress()
