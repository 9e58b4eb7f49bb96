# SPDX-License-Identifier: Apache-2.0
"""What a pipeline does by itself, as its plan, its package and the tag of its stack have it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.plan.stack_tags import AUTOMATION_TAG

FOLLOWS_NOTE: Final = "follows"
"""The note of a package with the keys of its pipeline's entries in the index of followers, a space between."""


@dataclass(frozen=True)
class PlannedAutomation:
    """The keys of a request that have something done by itself, and what follows from them."""

    keys: tuple[str, ...] = ()
    counted: tuple[tuple[str, Any], ...] = ()
    """Keys with values that make it another package, because no file of it has them."""
    follows: tuple[str, ...] = ()
    """Keys in the pipelines bucket by which it is found when what it follows changes."""

    @property
    def tag(self) -> dict[str, str]:
        """The tag of the pipeline's stack; none for a pipeline that does nothing by itself."""
        return {AUTOMATION_TAG: " ".join(self.keys)} if self.keys else {}

    @property
    def members(self) -> tuple[tuple[str, bytes], ...]:
        """What the package counts beside its files."""
        return (("automation", json.dumps(dict(self.counted), sort_keys=True).encode()),) if self.counted else ()

    @property
    def notes(self) -> tuple[tuple[str, str], ...]:
        """What is said of the package where it is stored."""
        return ((FOLLOWS_NOTE, " ".join(self.follows)),) if self.follows else ()


@dataclass(frozen=True)
class RetrainedBy:
    """A training pipeline that a request names."""

    name: str
    with_merged_data: bool
    """Whether it gets data without a header in place of its own."""


NOTHING: Final = PlannedAutomation()


def of_tags(tags: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys that a pipeline uses, by the tags of its stack."""
    return tuple(tags.get(AUTOMATION_TAG, "").split())


def followed(notes: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys of the entries of a package's pipeline, by the notes of the package."""
    return tuple(notes.get(FOLLOWS_NOTE, "").split())
