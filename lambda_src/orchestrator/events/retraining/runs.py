# SPDX-License-Identifier: Apache-2.0
"""Runs of monitors with `retrain`, as the events of their ends tell of them, and what such a run has found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, get_args

from orchestrator.automation import instructions
from orchestrator.automation.instructions import CheckName, Told
from orchestrator.events.retraining.decision import Findings, Violation
from orchestrator.plan import layout
from orchestrator.provisioned.runs import files
from orchestrator.provisioned.runs.run import MonitorRun
from orchestrator.sagemaker import monitor_runs, run_environments

_REPORT: Final = "report.html"
_LEFT_OUT: Final = " more in the report."
"""Part of an exit message that had no room for every finding."""
_FINDING: Final = re.compile(rf"(?:^|\. )(?P<feature>[^:]+?): (?P<check>{'|'.join(get_args(CheckName))})\b")


@dataclass(frozen=True)
class Run:
    """A completed run that has found violations, or of which nobody tells what it has found."""

    job: str
    told: Told
    """Its monitor, and the instructions to retrain."""
    saw_until: datetime
    """When what it has looked at ends."""
    words: str
    """Exit message; empty where the event has none."""
    output: str
    """Folder of its files, `s3://.../`; empty where the event does not tell it."""
    stage: str
    """Whose account it has run in; empty in the orchestrator's own."""
    account: str

    @property
    def marker(self) -> str:
        """Key of the marker of what is done once for it."""
        return layout.reported_retraining(self.account, self.job)

    @property
    def report(self) -> str:
        """Address of its report; empty where it is not known."""
        return f"{self.output}{_REPORT}" if self.output else ""


def told_by(inputs: object, bucket: str) -> Told | None:
    """Return what the inputs of a job tell: the engine of a monitor with `retrain` lies in the pipelines bucket."""
    listed = inputs if isinstance(inputs, list) else []
    uris = (str((one.get("S3Input") or {}).get("S3Uri", "")) for one in listed)
    ours = (uri for uri in uris if uri.startswith(f"s3://{bucket}/"))
    return next(filter(None, map(instructions.told_by_engine, ours)), None)


def of(event: Mapping[str, Any], job: Mapping[str, Any], stage: str, bucket: str) -> Run | None:
    """Return the run of an event if it may have its model trained again; `job` is as SageMaker describes it.

    In the account of a stage that is the detail of the event.
    """
    detail = event["detail"]
    told = told_by(detail.get("ProcessingInputs") or job.get("ProcessingInputs"), bucket)
    words = monitor_runs.said(job)
    if told is None or detail["ProcessingJobStatus"] != "Completed":
        return None
    if words and not words.startswith(monitor_runs.VIOLATIONS):
        return None
    facts = run_environments.of(job.get("Environment") or {})
    return Run(
        job=detail["ProcessingJobName"],
        told=told,
        saw_until=facts.end or run_environments.time(event["time"]) or datetime.now(UTC),
        words=words,
        output=facts.output,
        stage=stage,
        account=event["account"],
    )


def findings(run: Run, on: frozenset[str]) -> Findings:
    """Return what a run has found: in the orchestrator's account what its files say, else what its message says.

    A message may have had no room for everything: it does not say that none of `on` was found. Raises
    `ServiceBusyError`, after which a repeat may succeed.
    """
    if not run.words:
        return Findings(are_certain=False)
    listed = () if run.stage else _in_files(run)
    if listed:
        return Findings(are_certain=True, violations=listed)
    told = _in_words(run.words)
    is_cut = _LEFT_OUT in run.words and not on & {violation.check for violation in told}
    return Findings(are_certain=True, violations=() if on and is_cut else told)


def _in_files(run: Run) -> tuple[Violation, ...]:
    ended = MonitorRun(run.job, monitor_runs.VIOLATIONS, None, None, run.words, run.output)
    found = files.read(ended, run.output).violations
    return tuple(
        Violation(str(one.get("feature_name", "")), str(one.get("constraint_check_type", ""))) for one in found
    )


def _in_words(words: str) -> tuple[Violation, ...]:
    return tuple(Violation(one["feature"], one["check"]) for one in _FINDING.finditer(monitor_runs.findings(words)))
