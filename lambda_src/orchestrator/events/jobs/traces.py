# SPDX-License-Identifier: Apache-2.0
"""Trace of a retraining: why a job was started, in its version, its message, and the journals of its pipelines.

The name of a job tells that there is something to look for; any other job costs nothing.
"""

from __future__ import annotations

from datetime import datetime

from orchestrator.automation import journal, retrainings
from orchestrator.automation.journal import Outcome, Step
from orchestrator.automation.retrainings import Cause
from orchestrator.events.jobs import metadata as entries
from orchestrator.provisioned.state import State


def cause_of(bucket: str, stack_name: str, job: str) -> Cause | None:
    """Return why a job was started, if that was a run of a monitor; `stack_name` is the common name of its pipeline."""
    if not stack_name or not retrainings.is_retraining(job):
        return None
    return retrainings.find(bucket, stack_name, job)


def metadata(cause: Cause | None) -> dict[str, str]:
    """Return what a version says of its cause, under keys and in letters that SageMaker takes."""
    if cause is None:
        return {}
    told = {
        "retrained_by_monitor": cause.monitor,
        "retrained_by_run": cause.run,
        "retrained_features": " / ".join(_features(cause)),
        "baseline_data": cause.baseline_data,
    }
    return {key: entries.value(text) for key, text in told.items() if text}


def in_words(cause: Cause | None) -> str:
    """Return a sentence on the cause; empty without."""
    if cause is None:
        return ""
    found = ", ".join(_features(cause)) or "violations"
    data = f" It was trained on {cause.rows} rows that the monitor has merged." if cause.rows else ""
    return f"It was started because the run {cause.run} of {cause.monitor} has found {found}.{data}"


def record(bucket: str, stack_name: str, cause: Cause, step: Step) -> None:
    """Record with both pipelines how a retraining has ended."""
    for common in (cause.monitor, stack_name):
        journal.record(bucket, common, step)


def ended(cause: Cause, at: datetime, state: State, job: str) -> Step:
    """Return the step of a retraining's end, by the state that it leaves its pipeline in."""
    outcome: Outcome = "failed" if state.name == "Failed" else "done"
    detail = f"{job} has ended. {state.reason}".rstrip()
    return Step(at=at, step="retrain", cause=f"Run {cause.run} of {cause.monitor}", outcome=outcome, detail=detail)


def _features(cause: Cause) -> list[str]:
    return list(dict.fromkeys(violation.feature for violation in cause.violations))
