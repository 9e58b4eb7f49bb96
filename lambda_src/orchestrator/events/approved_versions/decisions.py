# SPDX-License-Identifier: Apache-2.0
"""What a pipeline that follows a model package group is to deploy, decided from the versions as they are now. Pure.

    a newer version is approved            -> deploy the newest of them
    the present one is not approved        -> roll back to the newest that is
    it is not, and none is                 -> nothing is taken down; somebody is told
    the present one is the newest approved -> nothing, unless its deployment has begun and did not get through

Nothing but the newest approved version counts, so events may come late, twice and in any order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Situation:
    """A follower and its group. Versions are numbers."""

    present: int
    """The version that the pipeline was asked for last."""
    approved: frozenset[int]
    begun: int = 0
    """The version that it was asked for without knowing that it got through; 0 if there is none."""


@dataclass(frozen=True)
class Decision:
    """What is to be done, and with which version."""

    what: Literal["deploy", "roll_back", "finish", "none_left", "nothing"]
    version: int = 0


def decide(seen: Situation) -> Decision:
    """Return what brings the pipeline to the newest approved version."""
    newest = max(seen.approved, default=0)
    if not newest:
        return Decision("none_left")
    if newest > seen.present:
        return Decision("deploy", newest)
    if newest < seen.present:
        return Decision("roll_back", newest)
    return Decision("finish", newest) if seen.begun == newest else Decision("nothing")
