# SPDX-License-Identifier: Apache-2.0
"""`mlops monitor list`: the runs of a monitor, the newest first."""

from __future__ import annotations

from typing import Final

from mlops_orchestrator.client.monitor_runs import MonitorRun
from scripts.cli.monitors import finding, names
from scripts.cli.options import Asked
from scripts.cli.output import Output

_COLUMNS: Final = ("window (UTC)", "outcome", "violations", "run", "")
_NAMED: Final = 3
_NOTHING_FOUND: Final = "Completed: Job completed successfully with no violations."


def run(asked: Asked, given: str, limit: int) -> None:
    """List the newest runs."""
    output = Output(asked.access.form)
    pipeline = finding.find(asked, given, output)
    runs = finding.of(pipeline).runs(limit)
    output.document({"runs": [one.details for one in runs]})
    if not runs:
        output.say("There has been no run yet.")
        output.say(f"next: {pipeline.command('monitor run', '--watch')}")
        return
    rows = [(one.stage, *_row(one, whole=output.form == "text")) for one in runs]
    # Only monitors in several accounts have stages.
    first = 0 if any(one.stage for one in runs) else 1
    output.table(("stage", *_COLUMNS)[first:], [row[first:] for row in rows])
    newest = next((one for one in runs if one.has_ended), runs[0])
    output.say(f"next: {pipeline.command('monitor show', names.short(newest.id))}")


def _row(run: MonitorRun, *, whole: bool) -> tuple[str, ...]:
    number = str(len(run.violations)) if run.has_ended and not run.has_failed else ""
    return run.window, run.status, number, run.id if whole else names.short(run.id), _remark(run)


def _remark(run: MonitorRun) -> str:
    """Return what there is to say of a run beside its outcome: what drifted, or why there is no result."""
    if not run.violations:
        return "" if run.message == _NOTHING_FOUND else run.message
    names = list(dict.fromkeys(one.feature for one in run.violations))
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
