# SPDX-License-Identifier: Apache-2.0
"""Decision on a retraining, of what is known of a run and of a training pipeline. Pure.

Each further fact can only hold a retraining back, never bring one about. So the facts that cost most are looked up
last, and an event that comes twice, late or out of order starts nothing that the first would not have started.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final, Literal

WEEK: Final = timedelta(days=7)
_MINUTE: Final = "%Y-%m-%d %H:%M UTC"


@dataclass(frozen=True)
class Violation:
    """What a run has found: the feature or metric, and the check that it failed."""

    feature: str
    check: str

    def __str__(self) -> str:
        return f"{self.feature} ({self.check})"


@dataclass(frozen=True)
class Findings:
    """What is known of the result of a run."""

    are_certain: bool
    """Whether it is known that there are any: AWS's examples of the event do not say what a run has found."""
    violations: tuple[Violation, ...] = ()
    """Empty where nobody tells which."""


@dataclass(frozen=True)
class Limits:
    """What a monitor's request says of its retraining."""

    on: frozenset[str]
    """Checks that count; empty where all do."""
    cooldown: timedelta
    max_per_week: int
    is_merged: bool
    """Whether the data is what the monitor has merged, and has to be written first."""


@dataclass(frozen=True)
class Begun:
    """Something that was begun for a training pipeline."""

    job: str
    """Name of the training, of a preparation of its data the name that the training would get."""
    at: datetime
    source: Literal["kept", "aws", "preparation"]
    """Whether the cause of it is kept, SageMaker has its job, or its data is being prepared."""

    @property
    def is_training(self) -> bool:
        """Whether it is more than a preparation."""
        return self.source != "preparation"


@dataclass(frozen=True)
class Facts:
    """All that the decision rests on."""

    now: datetime
    job: str
    """Name that the training gets, which follows from the run."""
    saw_until: datetime
    """When what the run has looked at ends."""
    findings: Findings
    limits: Limits
    is_enabled: bool = True
    """Whether the orchestrator was launched with automatic retraining."""
    paused: str = ""
    """The pipeline that somebody has paused."""
    begun: Sequence[Begun] = ()
    running: str = ""
    """What goes on in the training pipeline, in words."""
    is_prepared: bool = False
    """Whether the data is there already."""


class Why(Enum):
    """Kinds of reasons to start nothing."""

    DISABLED = auto()
    NOT_ASKED = auto()
    UNKNOWN = auto()
    PAUSED = auto()
    LATE = auto()
    RUNNING = auto()
    COOLDOWN = auto()
    WEEK = auto()
    BUSY = auto()
    TOO_FEW = auto()
    GONE = auto()
    NO_REQUEST = auto()
    NO_PLACE = auto()


@dataclass(frozen=True)
class Hold:
    """Start nothing."""

    why: Why
    words: str
    """The reason as a sentence."""


@dataclass(frozen=True)
class Prepare:
    """Have the training's data written."""


@dataclass(frozen=True)
class Start:
    """Start the training."""


@dataclass(frozen=True)
class Started:
    """The training was started by an attempt that was interrupted: what is missing is to tell of it."""


Decision = Hold | Prepare | Start | Started


def decide(facts: Facts) -> Decision:
    """Return what to do about a run."""
    reason = next(_reasons(facts), None)
    if reason is not None:
        return Hold(*reason)
    if _has_its_job(facts):
        return Started()
    return Prepare() if facts.limits.is_merged and not facts.is_prepared else Start()


def _reasons(facts: Facts) -> Iterator[tuple[Why, str]]:
    if not facts.is_enabled:
        yield Why.DISABLED, "The orchestrator was launched with AutomaticRetraining=No."
    yield from _of_findings(facts.findings, facts.limits.on)
    if facts.paused:
        yield Why.PAUSED, f"{facts.paused} is paused."
    yield from _of_the_past(facts)


def _of_findings(found: Findings, on: frozenset[str]) -> Iterator[tuple[Why, str]]:
    if not found.are_certain:
        yield Why.UNKNOWN, "SageMaker's event does not say whether the run has found violations."
    elif on and not found.violations:
        yield Why.UNKNOWN, f"Nobody tells what the run has found, and only {_listed(on)} counts."
    elif on and not on & {violation.check for violation in found.violations}:
        others = _listed({violation.check for violation in found.violations})
        yield Why.NOT_ASKED, f"Only {_listed(on)} counts, and the run has found {others}."


def _of_the_past(facts: Facts) -> Iterator[tuple[Why, str]]:
    if _has_its_job(facts):
        return
    # What this very run has begun does not stand in its own way: whoever was interrupted goes on.
    others = [one for one in facts.begun if one.job != facts.job]
    trainings = [one for one in others if one.is_training]
    if trainings and facts.saw_until <= (last := max(trainings, key=_time)).at:
        yield Why.LATE, f"What the run saw was before the retraining {last.job}, which began at {last.at:{_MINUTE}}."
    if facts.running:
        yield Why.RUNNING, facts.running
    if others and facts.now < (end := (last := max(others, key=_time)).at + facts.limits.cooldown):
        yield Why.COOLDOWN, f"{last.job} began at {last.at:{_MINUTE}}; the next may begin after {end:{_MINUTE}}."
    within = {one.job for one in trainings if one.at > facts.now - WEEK}
    if len(within) >= facts.limits.max_per_week:
        yield Why.WEEK, f"Of the week's {facts.limits.max_per_week} retrainings, {len(within)} have begun."


def _has_its_job(facts: Facts) -> bool:
    return any(one.job == facts.job and one.source == "aws" for one in facts.begun)


def _time(one: Begun) -> datetime:
    return one.at


def _listed(names: frozenset[str] | set[str]) -> str:
    return ", ".join(sorted(names))
