# SPDX-License-Identifier: Apache-2.0
"""The engine of a pipeline that monitors, as its plan and the tag of its stack have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orchestrator.plan.stack_tags import ENGINE_TAG

if TYPE_CHECKING:
    from orchestrator.values.monitors import EngineName

_WORDS: Final[Mapping[EngineName, str]] = {"open": "the open one", "sagemaker": "SageMaker's"}


@dataclass(frozen=True)
class PlannedEngine:
    """The engine of a plan, and who has chosen it."""

    name: EngineName
    is_requested: bool
    """Whether the request names it; otherwise the launch does."""

    def change(self, tags: Mapping[str, str]) -> str:
        """Return in a sentence what becomes of a pipeline whose stack has these tags; empty if its engine stays."""
        before = of_tags(tags)
        if before == self.name:
            return ""
        if self.is_requested:
            reason = "the request says so"
        else:
            parameter = {"open": "Open", "sagemaker": "SageMaker"}[self.name]
            reason = (
                f"the orchestrator was launched with MonitorEngine={parameter} and the request names none "
                f'("monitor_engine": "{before}" leaves it as it is)'
            )
        return (
            f"monitor_engine: this changes the engine from {_WORDS[before]} to {_WORDS[self.name]}, because {reason}. "
            "It computes a baseline of its own, and its schedule takes the place of the one that is there"
        )


def of_tags(tags: Mapping[str, str]) -> EngineName:
    """Return the engine of a monitor by the tags of its pipeline stack; releases without the tag knew SageMaker's."""
    return "open" if tags.get(ENGINE_TAG) == "open" else "sagemaker"
