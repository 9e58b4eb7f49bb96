# SPDX-License-Identifier: Apache-2.0
"""`mlops monitor show`: one run with its message, violations, files and report."""

from __future__ import annotations

import sys
import tempfile
import webbrowser
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from mlops_orchestrator.client.monitor_runs import MonitorRun
from mlops_orchestrator.client.reports import Report
from mlops_orchestrator.client.violations import COLUMNS
from scripts.cli.monitors import finding, names
from scripts.cli.options import Asked
from scripts.cli.output import Output, style
from scripts.cli.pipelines.answers import AskedPipeline


@dataclass(frozen=True)
class Wanted:
    """What to show: a run, by its id or the end of it, and its report."""

    run: str
    report: str
    """File for the report; `-` is standard output, and empty is none."""
    opened: bool


def run(asked: Asked, given: str, wanted: Wanted) -> None:
    """Show a run, or hand out its report."""
    output = Output(asked.access.form)
    pipeline = finding.find(asked, given, output)
    found = finding.of(pipeline).find(wanted.run)
    if wanted.report == "-":
        sys.stdout.write(found.report().html)
        return
    file = _saved(found.report(), found, wanted) if wanted.report or wanted.opened else None
    output.document({**found.details, **({"report_file": file} if file else {})})
    show(found, pipeline, file)
    if file and wanted.opened:
        webbrowser.open(file.absolute().as_uri())


def show(found: MonitorRun, pipeline: AskedPipeline, file: Path | None = None) -> None:
    """Show a run; `file` has its report already."""
    output = pipeline.output
    if output.as_json:
        return
    output.console.print(Text.assemble(f"{found.id}: ", (found.status, style(found.status))))
    window = found.window and f"{found.window}, UTC"
    for name, text in (("stage", found.stage), ("window", window), ("message", found.message)):
        if text:
            output.say(f"{name}: {text}")
    if found.violations:
        output.table(COLUMNS, found.violations.rows)
    for name, text in (("files", found.output), ("report", str(file or found.report_location))):
        if text:
            output.say(f"{name}: {text}")
    if found.report_location and not file:
        output.say(f"next: {pipeline.command('monitor show', names.short(found.id), '--open')}")


def _saved(report: Report, found: MonitorRun, wanted: Wanted) -> Path:
    """Write the report where it is wanted; to be opened alone, to a folder for what nobody keeps."""
    name = f"{names.short(found.id)}-report.html"
    return report.save(wanted.report or Path(tempfile.mkdtemp(prefix="mlops-monitor-")) / name)
