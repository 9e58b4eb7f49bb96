# SPDX-License-Identifier: Apache-2.0
"""How many accounts an operation works on at once in a Region, and how many may fail before it stops there.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackSetOperationPreferences.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.cloudformation.exceptions import ValidationError

_PAIRS = (
    ("FailureToleranceCount", "FailureTolerancePercentage"),
    ("MaxConcurrentCount", "MaxConcurrentPercentage"),
)


@dataclass(frozen=True)
class Limits:
    """An operation's limits in one Region. `most` is the number of accounts at once before any has failed."""

    tolerance: int
    most: int
    strict: bool

    def at_once(self, failures: int) -> int:
        """How many accounts may be worked on when so many have failed; 0 when that is too many.

        Strictly, no more accounts are at risk than may still fail, plus one.
        """
        if failures > self.tolerance:
            return 0
        return min(self.most, self.tolerance + 1 - failures) if self.strict else self.most


def check(preferences: Mapping[str, Any]) -> None:
    """Refuse a count beside its percentage. Raises ValidationError."""
    for count, percentage in _PAIRS:
        if preferences.get(count) is not None and preferences.get(percentage) is not None:
            raise ValidationError(message=f"Specify either {count} or {percentage}, not both")


def limits(preferences: Mapping[str, Any], accounts: int) -> Limits:
    """The limits for a Region with that number of accounts; a percentage is rounded down, but one always goes."""
    tolerance = _number(preferences, _PAIRS[0], accounts, 0)
    most = max(1, _number(preferences, _PAIRS[1], accounts, 1))
    return Limits(tolerance, most, preferences.get("ConcurrencyMode") != "SOFT_FAILURE_TOLERANCE")


def in_parallel(preferences: Mapping[str, Any]) -> bool:
    """Whether the Regions are worked on together; else one after the other."""
    return preferences.get("RegionConcurrencyType") == "PARALLEL"


def ordered(preferences: Mapping[str, Any], regions: list[str]) -> list[str]:
    """The Regions in the order that is asked for; those that it does not name come last."""
    first = [region for region in preferences.get("RegionOrder") or [] if region in regions]
    return first + [region for region in regions if region not in first]


def _number(preferences: Mapping[str, Any], names: tuple[str, str], accounts: int, default: int) -> int:
    count, percentage = (preferences.get(name) for name in names)
    if percentage is not None:
        return accounts * int(percentage) // 100
    return default if count is None else int(count)
