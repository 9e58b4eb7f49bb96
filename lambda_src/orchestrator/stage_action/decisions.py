# SPDX-License-Identifier: Apache-2.0
"""What to do next for a stage, decided from what is there: pure, no AWS.

    wanted + found + progress -> Step

Every decision is made anew from the StackSet and its instances. So a half-made set is completed, a failed instance is
tried again, and what is already right is left alone; the continuation token only remembers what this action has done
itself, so that nothing is tried twice in vain.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

from orchestrator.aws.cloudformation.stack_sets import SUSPENDED, Definition, Instance, Place, Targets

MOST_LOOKS: Final = 3
"""Lists of StackSets are eventually consistent: how often a list is read again before it is believed."""


@dataclass(frozen=True)
class Progress:
    """What this action has done so far: the content of the continuation token."""

    operation: str = ""
    """The operation that is waited for."""
    own: bool = False
    """Whether this action started it."""
    started: int = 0
    """How many operations this action started."""
    updated: bool = False
    created: bool = False
    looks: int = 0
    """How often the lists were read without being believed."""
    setbacks: int = 0
    """How often in a row AWS was busy."""

    @classmethod
    def of(cls, token: str) -> Progress:
        """Read a token; one that this version did not write starts from the beginning, which does no harm."""
        try:
            content = json.loads(token)
            return cls(**{key: value for key, value in content.items() if key != "stackset"})
        except (ValueError, TypeError, AttributeError):
            return cls()

    def token(self, stack_set: str) -> str:
        """The token, with the StackSet's name for the people who read it."""
        return json.dumps({"stackset": stack_set, **asdict(self)})

    def looked(self) -> Progress:
        """After a list that is to be read again."""
        return replace(self, looks=self.looks + 1, setbacks=0)


@dataclass(frozen=True)
class Wanted:
    """What a stage should have: this definition in every account and Region."""

    definition: Definition
    units: tuple[str, ...]
    accounts: tuple[str, ...]
    regions: tuple[str, ...]

    @property
    def places(self) -> tuple[Place, ...]:
        """Every account in every Region."""
        return tuple((account, region) for account in self.accounts for region in self.regions)

    def targets(self, places: Iterable[Place]) -> Targets:
        """The smallest targets that cover the places, in the order of the request."""
        among = set(places)
        accounts = tuple(account for account in self.accounts if any(account == place[0] for place in among))
        regions = tuple(region for region in self.regions if any(region == place[1] for place in among))
        return Targets(self.units, accounts, regions)


@dataclass(frozen=True)
class Found:
    """A StackSet as it is, with the instances that it has anywhere."""

    definition: Definition
    instances: tuple[Instance, ...]


@dataclass(frozen=True)
class Update:
    """Give the StackSet the wanted definition and update these instances; `None` where there are none at all."""

    targets: Targets | None


@dataclass(frozen=True)
class CreateInstances:
    """Create the instances that are missing."""

    targets: Targets


@dataclass(frozen=True)
class LookAgain:
    """The lists do not yet show what the operation did."""


@dataclass(frozen=True)
class Finished:
    """Everything is as wanted."""


@dataclass(frozen=True)
class Impossible:
    """It cannot be brought about; one sentence for each account and Region that stands in the way."""

    problems: tuple[str, ...]


Step = Update | CreateInstances | LookAgain | Finished | Impossible


def decide(wanted: Wanted, found: Found, progress: Progress) -> Step:
    """The next step towards what is wanted."""
    places = set(wanted.places)
    here = [instance for instance in found.instances if instance.place in places]
    lost = [instance for instance in here if _is_lost(instance, progress)]
    if lost:
        return Impossible(tuple(_sentence(instance) for instance in lost))
    return _operation(wanted, found, here, progress) or _verdict(wanted, here, progress)


def _is_lost(instance: Instance, progress: Progress) -> bool:
    """Whether no further operation will help: a suspended account is tried once, it may have come back."""
    tried = progress.updated or progress.created
    skipped = tried and instance.detailed_status == SUSPENDED
    failed = progress.own and instance.was_failed_by(progress.operation)
    return instance.is_inoperable or skipped or failed


def _operation(wanted: Wanted, found: Found, here: Sequence[Instance], progress: Progress) -> Step | None:
    # After an update of ours the definition is as wanted; the value of a NoEcho parameter would never compare equal.
    differs = not progress.updated and found.definition != wanted.definition
    if differs and not found.instances:
        return Update(None)
    if not progress.updated and (targets := _to_update(wanted, here, differs, progress)):
        return Update(targets)
    missing = _missing(wanted, here)
    if missing and not progress.created:
        return CreateInstances(wanted.targets(missing))
    return None


def _to_update(wanted: Wanted, here: Sequence[Instance], differs: bool, progress: Progress) -> Targets | None:
    """What to update now, if anything.

    CloudFormation takes accounts times Regions and refuses an update of an instance that does not exist. Where the
    product covers one, what is missing is created first.
    """
    if not differs and progress.created and progress.looks < MOST_LOOKS:
        return None
    stale = [instance.place for instance in here if differs or not instance.is_current]
    targets = wanted.targets(stale)
    product = {(account, region) for account in targets.accounts for region in targets.regions}
    return targets if product and product <= {instance.place for instance in here} else None


def _verdict(wanted: Wanted, here: Sequence[Instance], progress: Progress) -> Step:
    outdated = [instance for instance in here if not instance.is_current]
    missing = _missing(wanted, here)
    if not outdated and not missing:
        return Finished()
    if progress.looks < MOST_LOOKS:
        return LookAgain()
    units = " or ".join(wanted.units)
    absent = (f"{account} in {region}: received nothing, because {_why_absent(units)}" for account, region in missing)
    return Impossible((*(_sentence(instance) for instance in outdated), *absent))


def _missing(wanted: Wanted, here: Sequence[Instance]) -> list[Place]:
    there = {instance.place for instance in here}
    return [place for place in wanted.places if place not in there]


def _why_absent(units: str) -> str:
    return (
        f"the account is not in {units}, or is suspended, or is the organization's management account, to which "
        "StackSets do not deploy"
    )


def _sentence(instance: Instance) -> str:
    return f"{instance.account} in {instance.region}: {_reason(instance)}"


def _reason(instance: Instance) -> str:
    if instance.detailed_status == SUSPENDED:
        return "the account is suspended, so CloudFormation skipped it"
    if instance.is_inoperable:
        advice = "delete this stack instance with RetainStacks, then its stack, and retry the stage"
        return f"the stack instance is INOPERABLE ({instance.reason or 'no reason given'}): {advice}"
    return instance.reason or f"the stack instance is {instance.status} ({instance.detailed_status})"
