# SPDX-License-Identifier: Apache-2.0
"""The next step for a stage, decided from the present state: pure, no AWS.

    wanted + found + progress -> Step

Every decision is made from the present state of the StackSet and its instances. So an incomplete StackSet is completed,
a failed instance is retried, and a current one is left alone. The continuation token records only the operations of
this action, so that nothing is retried in vain.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

from orchestrator.aws.cloudformation.stack_sets import SUSPENDED, Definition, Instance, Place, Targets

MOST_LOOKS: Final = 3
"""How often a list is read again before it is trusted: lists of StackSets are eventually consistent."""


@dataclass(frozen=True)
class Progress:
    """Progress of this action so far: the content of the continuation token."""

    operation: str = ""
    """Id of the operation that this action waits for."""
    own: bool = False
    """Whether this action started it."""
    started: int = 0
    """Number of operations that this action started."""
    updated: bool = False
    created: bool = False
    looks: int = 0
    """Number of times that the lists were read and not trusted."""
    setbacks: int = 0
    """Number of times in a row that AWS was busy."""
    begun: int = 0
    """When this action began, in seconds since 1970."""
    waits: int = 0
    """Number of times that the deployment had ended and the figures of its smoke test were not there."""

    @classmethod
    def of(cls, token: str) -> Progress:
        """Read a token; one that this version did not write gives an empty progress, which is safe."""
        try:
            content = json.loads(token)
            return cls(**{key: value for key, value in content.items() if key != "stackset"})
        except (ValueError, TypeError, AttributeError):
            return cls()

    def token(self, stack_set: str) -> str:
        """Return the token, with the StackSet's name for people who read it."""
        return json.dumps({"stackset": stack_set, **asdict(self)})

    def looked(self) -> Progress:
        """Return the progress after a list that must be read again."""
        return replace(self, looks=self.looks + 1, setbacks=0)


@dataclass(frozen=True)
class Wanted:
    """Target state of a stage: this definition in every account and Region."""

    definition: Definition
    units: tuple[str, ...]
    accounts: tuple[str, ...]
    regions: tuple[str, ...]

    @property
    def places(self) -> tuple[Place, ...]:
        """Every account in every Region."""
        return tuple((account, region) for account in self.accounts for region in self.regions)

    def targets(self, places: Iterable[Place]) -> Targets:
        """Return the smallest targets that cover the places, in the order of the request."""
        among = set(places)
        accounts = tuple(account for account in self.accounts if any(account == place[0] for place in among))
        regions = tuple(region for region in self.regions if any(region == place[1] for place in among))
        return Targets(self.units, accounts, regions)


@dataclass(frozen=True)
class Found:
    """The present state of a StackSet, with its instances everywhere."""

    definition: Definition
    instances: tuple[Instance, ...]


@dataclass(frozen=True)
class Update:
    """Update the StackSet to the wanted definition, with these instances; `None` if it has none at all."""

    targets: Targets | None


@dataclass(frozen=True)
class CreateInstances:
    """Create the instances that are missing."""

    targets: Targets


@dataclass(frozen=True)
class LookAgain:
    """Read the lists again: they do not yet show the result of the operation."""


@dataclass(frozen=True)
class Finished:
    """End of the action: the stage has reached its target state."""


@dataclass(frozen=True)
class Impossible:
    """The target state cannot be reached; one sentence for each account and Region at fault."""

    problems: tuple[str, ...]


Step = Update | CreateInstances | LookAgain | Finished | Impossible


def decide(wanted: Wanted, found: Found, progress: Progress) -> Step:
    """Return the next step towards the target state."""
    places = set(wanted.places)
    here = [instance for instance in found.instances if instance.place in places]
    lost = [instance for instance in here if _is_lost(instance, progress)]
    if lost:
        return Impossible(tuple(_sentence(instance) for instance in lost))
    return _operation(wanted, found, here, progress) or _verdict(wanted, here, progress)


def _is_lost(instance: Instance, progress: Progress) -> bool:
    """True if no further operation will help; a suspended account is tried once, as it may be active again."""
    tried = progress.updated or progress.created
    skipped = tried and instance.detailed_status == SUSPENDED
    failed = progress.own and instance.was_failed_by(progress.operation)
    return instance.is_inoperable or skipped or failed


def _operation(wanted: Wanted, found: Found, here: Sequence[Instance], progress: Progress) -> Step | None:
    # After this action's update the definition is not compared: the value of a NoEcho parameter is never equal.
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
    """Return the targets to update now, if any.

    CloudFormation updates the product of accounts and Regions, and refuses instances that do not exist. If the
    product includes such instances, they are created first.
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
