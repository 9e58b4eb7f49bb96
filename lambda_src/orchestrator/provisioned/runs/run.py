# SPDX-License-Identifier: Apache-2.0
"""A run of a monitor, and a page of a monitor's runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from orchestrator.sagemaker.monitor_runs import VIOLATIONS

if TYPE_CHECKING:
    from orchestrator.answers import runs as answers

_REPORT: Final = "report.html"
_WITH_RESULT: Final = frozenset({"Completed", VIOLATIONS})


@dataclass(frozen=True)
class MonitorRun:
    """A run; what nobody knows of it is empty, or `None`."""

    id: str
    """Name of its processing job, or of its execution while there is no job."""
    status: str
    start: datetime | None
    """Begin of the window that it looks at."""
    end: datetime | None
    """End of the window, not included."""
    message: str
    output: str
    """Folder of its files, `s3://.../`."""
    violations: Sequence[Mapping[str, Any]] = ()
    has_report: bool = True
    """Whether the engine writes a page that people open."""
    stage: str = ""
    account: str = ""

    @property
    def has_result(self) -> bool:
        """True if it has ended with files."""
        return self.status in _WITH_RESULT

    def told(self) -> answers.MonitorRunDetails:
        """Return it as the API answers it; stage and account of runs in the accounts of stages."""
        report = f"{self.output}{_REPORT}" if self.output and self.has_report and self.has_result else ""
        told: answers.MonitorRunDetails = {
            "id": self.id,
            "status": self.status,
            "start_time": self.start,
            "end_time": self.end,
            "message": self.message,
            "violations": [dict(found) for found in self.violations],
            "output": self.output,
            "report": report,
        }
        return {**told, "stage": self.stage, "account": self.account} if self.account else told


@dataclass(frozen=True)
class Page:
    """Runs, the newest first."""

    runs: Sequence[MonitorRun]
    following: str = ""
    """Where the next page begins; empty on the last."""
