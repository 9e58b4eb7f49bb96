# SPDX-License-Identifier: Apache-2.0
"""Files of a run: its window, to the second, and its violations.

They are read below the reports of the deployed monitor and nowhere else, whatever a job says of its output. What cannot
be read leaves the run as it is, and says so in its message.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from orchestrator.aws.s3 import objects
from orchestrator.errors import ServiceBusyError, ServiceRefusedError
from orchestrator.provisioned.runs.run import MonitorRun
from orchestrator.sagemaker import run_environments
from orchestrator.sagemaker.monitor_runs import VIOLATIONS

_RUN: Final = "run.json"
_VIOLATIONS: Final = "constraint_violations.json"
_LONGEST: Final = 4 * 1024 * 1024
"""Bytes of a file that are read."""
_MOST_TOLD: Final = 100
"""Violations of one run in an answer, which Lambda limits to 6 MB."""


def read(run: MonitorRun, reports: str) -> MonitorRun:
    """Return a run with what its files tell; `reports` is where those of its monitor are, `s3://.../`.

    Raises `ServiceBusyError`, after which a repeat may succeed.
    """
    if not run.has_result or not run.output:
        return run
    if not reports or not run.output.startswith(reports):
        return _noted(run, f"Its files are not below {reports}, where the monitor writes now, and were not read.")
    return _with_violations(_with_window(run))


def _with_window(run: MonitorRun) -> MonitorRun:
    if not run.has_report:
        return run
    told, _ = _document(f"{run.output}{_RUN}")
    start, end = (run_environments.time(told.get(name)) for name in (run_environments.START, run_environments.END))
    return replace(run, start=start, end=end) if start and end else run


def _with_violations(run: MonitorRun) -> MonitorRun:
    if run.status != VIOLATIONS:
        return run
    told, problem = _document(f"{run.output}{_VIOLATIONS}")
    listed = told.get("violations")
    found = [entry for entry in listed if isinstance(entry, Mapping)] if isinstance(listed, list) else []
    if not found:
        return _noted(run, problem or f"{_VIOLATIONS} of this run lists none.")
    more = len(found) - _MOST_TOLD
    return _noted(replace(run, violations=found[:_MOST_TOLD]), f"{more} more are in {_VIOLATIONS}." if more > 0 else "")


def _document(uri: str) -> tuple[Mapping[str, Any], str]:
    """Return a JSON object, or nothing and why, in a sentence."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        found = objects.beginning(bucket, key, _LONGEST)
    except ServiceBusyError:
        raise
    except ServiceRefusedError as error:
        return {}, f"AWS did not {error.doing}: {error.detail}."
    if found is None:
        return {}, f"{uri} is not there any more."
    if not found.is_whole:
        return {}, f"{uri} is too long to be shown."
    try:
        document = json.loads(found.content)
    except ValueError:
        return {}, f"{uri} is not JSON."
    return (document, "") if isinstance(document, Mapping) else ({}, f"{uri} is no JSON object.")


def _noted(run: MonitorRun, note: str) -> MonitorRun:
    return replace(run, message=f"{run.message} {note}".strip())
