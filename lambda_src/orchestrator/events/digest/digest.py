# SPDX-License-Identifier: Apache-2.0
"""Content of a digest, and whether its day was quiet. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from orchestrator.events.digest.costs import Costs
from orchestrator.events.digest.monitors import MonitorDay

if TYPE_CHECKING:
    from orchestrator import answers

_ILL: Final = ("Failed", "Unhealthy")
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Digest:
    """All that a digest tells."""

    moment: datetime
    pipelines: Sequence[answers.PipelineSummary]
    monitors: Sequence[MonitorDay]
    costs: Costs
    unseen: str = ""
    """Why the runs of monitors could not be looked at; empty if they were."""

    @property
    def ill(self) -> list[answers.PipelineSummary]:
        """The pipelines that failed or are unhealthy, of which the newest execution began last first."""
        return sorted(filter(_is_ill, self.pipelines), key=_started_at, reverse=True)

    def in_state(self, state: str) -> int:
        """Return the number of pipelines in a state."""
        return sum(pipeline["state"] == state for pipeline in self.pipelines)

    @property
    def waiting(self) -> list[tuple[answers.PipelineSummary, answers.WaitingApproval]]:
        """The approvals that wait; what has waited longest comes first."""
        return sorted(self._waiting(), key=lambda found: found[1]["since"] or _LONG_AGO)

    def _waiting(self) -> Iterator[tuple[answers.PipelineSummary, answers.WaitingApproval]]:
        return ((pipeline, asked) for pipeline in self.pipelines for asked in pipeline["waiting"])

    @property
    def is_quiet(self) -> bool:
        """True if nothing needs people."""
        return not (self.ill or self.waiting or self.monitors or self.unseen)


def _is_ill(pipeline: answers.PipelineSummary) -> bool:
    return pipeline["state"] in _ILL


def _started_at(pipeline: answers.PipelineSummary) -> datetime:
    newest = pipeline["last_execution"]
    return (newest["started_at"] if newest else None) or _LONG_AGO
