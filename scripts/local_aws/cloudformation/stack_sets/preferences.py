# SPDX-License-Identifier: Apache-2.0
"""Limits of an operation in a Region: accounts worked on at once, and accounts that may fail before it stops.

Shares are given in percent. Counts, and an order of Regions, are refused: the product does not use them.
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackSetOperationPreferences.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.cloudformation.exceptions import ValidationError

_UNSUPPORTED = ("FailureToleranceCount", "MaxConcurrentCount", "RegionOrder")


@dataclass(frozen=True)
class Limits:
    """An operation's limits in one Region. `most` is the number of accounts at once before any has failed."""

    tolerance: int
    most: int
    strict: bool

    def at_once(self, failures: int) -> int:
        """Return the number of accounts to work on at once after `failures` failed ones; 0 if these are too many.

        Strictly, no more accounts are at risk than may still fail, plus one.
        """
        if failures > self.tolerance:
            return 0
        return min(self.most, self.tolerance + 1 - failures) if self.strict else self.most


def check(preferences: Mapping[str, Any]) -> None:
    """Refuse unsupported preferences. Raises ValidationError."""
    for name in _UNSUPPORTED:
        if preferences.get(name) is not None:
            raise ValidationError(message=f"The local AWS does not support {name} of OperationPreferences.")


def limits(preferences: Mapping[str, Any], accounts: int) -> Limits:
    """The limits for a Region with that number of accounts; a percentage is rounded down, but to one at least."""
    tolerance = accounts * int(preferences.get("FailureTolerancePercentage") or 0) // 100
    most = max(1, accounts * int(preferences.get("MaxConcurrentPercentage") or 0) // 100)
    return Limits(tolerance, most, preferences.get("ConcurrencyMode") != "SOFT_FAILURE_TOLERANCE")


def in_parallel(preferences: Mapping[str, Any]) -> bool:
    """Whether the Regions are worked on together; else one after the other."""
    return preferences.get("RegionConcurrencyType") == "PARALLEL"
