# SPDX-License-Identifier: Apache-2.0
"""Runs of a monitor: what they looked at, what they found, where their files are."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from mlops_orchestrator.aws.api_client import OrchestratorApi
from mlops_orchestrator.client import answers, html, reports, waiting
from mlops_orchestrator.client.answers import accepted
from mlops_orchestrator.client.reports import Report
from mlops_orchestrator.client.violations import Violations
from mlops_orchestrator.errors import Failed, NotFound, RequestRefused, TimedOut

IN_PROGRESS: Final = "InProgress"
VIOLATED: Final = "CompletedWithViolations"
_FAILED: Final = frozenset({"Failed", "Stopped"})
# A job is listed some seconds after it was started.
_LISTED_SECONDS: Final = 120.0
_MOST: Final = 50


@dataclass(frozen=True)
class MonitorRun:
    """Run of a monitor."""

    id: str
    status: str
    """`InProgress`, `Completed`, `CompletedWithViolations`, `Failed` or `Stopped`."""
    start: datetime | None
    """Begin of the window that it looks at; None while nobody knows."""
    end: datetime | None
    """End of the window, not included."""
    message: str
    """What the run says of itself, in sentences."""
    violations: Violations
    output: str
    """Where its files are, `s3://...`; empty before they are there."""
    report_location: str
    """Where its report is, `s3://...`; empty if it has none."""
    stage: str = ""
    """Stage in whose account it ran; empty in the orchestrator's own."""
    details: Mapping[str, Any] = field(repr=False, default_factory=dict)
    """What the API tells of it; of one that was just started, its whole answer."""
    _monitor: Monitor | None = field(repr=False, default=None, compare=False)

    @property
    def has_ended(self) -> bool:
        """Whether it does not change any more."""
        return self.status != IN_PROGRESS

    @property
    def has_failed(self) -> bool:
        """Whether it came to no result. A run that has found violations has one."""
        return self.status in _FAILED

    def is_of(self, _: str | None) -> bool:
        """Tell whoever waits that no earlier run is in its place."""
        return False

    @property
    def window(self) -> str:
        """Window as text, to the minute, in UTC; empty if it is not known."""
        if self.end is None:
            return ""
        last = self.end.astimezone(UTC)
        if self.start is None:
            return f"until {last:%Y-%m-%d %H:%M}"
        first = self.start.astimezone(UTC)
        return f"{first:%Y-%m-%d %H:%M} - {last:{'%H:%M' if first.date() == last.date() else '%Y-%m-%d %H:%M'}}"

    def report(self) -> Report:
        """Read its report from S3, with the caller's permissions. Raise NotFound if it has none, or Failed."""
        if not self.report_location or self._monitor is None:
            raise NotFound(f"the run {self.id} has no report: it is {self.status}")
        return reports.read(self._monitor.api.client.aws.client("s3"), self.report_location)

    def wait(self, timeout: float | None = None) -> MonitorRun:
        """Wait until it has ended, and return it as it is then, with or without violations.

        Raise Failed, with its message, if it came to no result, and TimedOut after `timeout` seconds: it goes on.
        """
        if self._monitor is None:
            return self
        seen = deque(self._monitor.followed(self.id, timeout), maxlen=1)
        last = seen[0] if seen else self
        if not last.has_ended:
            raise TimedOut(f"the run {self.id} has not ended after {timeout} s; it goes on")
        if last.has_failed:
            raise Failed(f"the run {self.id}: {last.status}. {last.message}".strip())
        return last

    def _repr_html_(self) -> str:
        rows = [("run", self.id), ("window", self.window), ("outcome", self.status), ("message", self.message)]
        rows.append(("files", self.output))
        found = self.violations._repr_html_() if self.violations else ""
        return html.table((), [row for row in rows if row[1]]) + found


class MonitorRuns(list[MonitorRun]):
    """Runs, the newest first."""

    def _repr_html_(self) -> str:
        columns = ("run", "window", "outcome", "violations", "message")
        return html.table(columns, ((run.id, run.window, run.status, len(run.violations), run.message) for run in self))


@dataclass(frozen=True)
class Monitor:
    """A monitor at the API: a pipeline that has runs."""

    api: OrchestratorApi
    id: str

    def runs(self, limit: int | None = None) -> MonitorRuns:
        """Return its runs, the newest first; the newest `limit` of them, or all. Raise Failed for no monitor."""
        page = min(limit or _MOST, _MOST)
        return MonitorRuns(self._run(one) for one in islice(answers.runs(self.api, self.id, page), limit))

    def find(self, run_id: str = "") -> MonitorRun:
        """Return a run by its id or the end of it, or the newest. Raise NotFound, or RequestRefused for many."""
        if not run_id:
            newest = self.runs(1)
            if not newest:
                raise NotFound("the monitor has had no run yet")
            return newest[0]
        found = []
        for run in self._every():
            if run.id == run_id:
                return run
            if run.id.endswith(run_id):
                found.append(run)
        if not found:
            raise NotFound(f"the monitor has no run {run_id}")
        if len(found) > 1:
            raise RequestRefused(f"{len(found)} runs end in {run_id}: give more of the id")
        return found[0]

    def start(self, start: datetime | str | None = None, end: datetime | str | None = None) -> MonitorRun:
        """Start a run now. Raise RequestRefused or Failed."""
        given = {"start_time": _text(start), "end_time": _text(end)}
        told = accepted(self.api.run(self.id, {name: text for name, text in given.items() if text}))
        begun = {"status": IN_PROGRESS, "message": told.get("message"), **told["run"]}
        return replace(self._run(begun), details=told)

    def followed(self, run_id: str, timeout: float | None = None) -> Iterator[MonitorRun]:
        """Yield a run again and again until it has ended, or `timeout` seconds have passed.

        Raise Failed for one that is not listed within two minutes.
        """
        began = time.monotonic()
        for run in waiting.watch(lambda: self._listed(run_id), timeout=timeout):
            if not run.details and time.monotonic() - began > _LISTED_SECONDS:
                raise Failed(f"the run {run_id} was started and is not listed: look at its job in SageMaker")
            yield run

    def _listed(self, run_id: str) -> MonitorRun:
        """Return a run, also before the list has it."""
        newest = next((run for run in self.runs(_MOST) if run.id == run_id), None)
        return newest or replace(self._run({"id": run_id, "status": IN_PROGRESS}), details={})

    def _every(self) -> Iterator[MonitorRun]:
        return map(self._run, answers.runs(self.api, self.id, _MOST))

    def _run(self, told: Mapping[str, Any]) -> MonitorRun:
        return MonitorRun(
            id=str(told["id"]),
            status=str(told["status"]),
            start=_time(told.get("start_time")),
            end=_time(told.get("end_time")),
            message=str(told.get("message") or ""),
            violations=Violations.of_entries(told.get("violations") or ()),
            output=str(told.get("output") or ""),
            report_location=str(told.get("report") or ""),
            stage=str(told.get("stage") or ""),
            details=dict(told),
            _monitor=self,
        )


def _time(text: object) -> datetime | None:
    if not text:
        return None
    found = datetime.fromisoformat(str(text))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _text(moment: datetime | str | None) -> str:
    """Return a time in ISO 8601; one without a zone is UTC."""
    if moment is None or isinstance(moment, str):
        return moment or ""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat(timespec="seconds")
