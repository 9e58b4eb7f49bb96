# SPDX-License-Identifier: Apache-2.0
"""`mlops monitor run`: a run right now, followed to its end if that is asked for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import typer
from rich.text import Text

from mlops_orchestrator.client.monitor_runs import VIOLATED, MonitorRun
from scripts.cli import errors
from scripts.cli.errors import CommandError, WrongUseError
from scripts.cli.everyday.log_reading import start_of
from scripts.cli.monitors import finding, names, showing
from scripts.cli.options import Asked
from scripts.cli.output import Output, style
from scripts.cli.pipelines.answers import AskedPipeline


@dataclass(frozen=True)
class Wanted:
    """Window as it was typed, and whether violations count as a failure of the command."""

    start: str
    end: str
    fails: bool


def run(asked: Asked, given: str, wanted: Wanted) -> None:
    """Start a run. Ends the command with status 1 if it was watched and failed, or found what must not be."""
    if wanted.fails and not asked.watch:
        raise WrongUseError("--fail-on-violations needs --watch: what the run finds is not known before its end")
    output = Output(asked.access.form, asked.access.lines)
    start, end = _moment("--start", wanted.start), _moment("--end", wanted.end)
    pipeline = finding.find(asked, given, output)
    started = finding.of(pipeline).start(start, end)
    output.say(started.message)
    output.say(f"run: {started.id}")
    if asked.watch:
        _follow(started, pipeline, wanted)
        return
    output.document(started.details)
    output.say(f"next: {pipeline.command('monitor show', names.short(started.id))}")


def _moment(option: str, text: str) -> datetime | None:
    if not text:
        return None
    return datetime.fromtimestamp(start_of(text, time.time(), option) // 1000, UTC)


def _follow(started: MonitorRun, pipeline: AskedPipeline, wanted: Wanted) -> None:
    output = pipeline.output
    output.line("event", started.details)
    states = finding.of(pipeline).followed(started.id)
    with errors.interruptible("the run", pipeline.command("monitor show", names.short(started.id))):
        last = _last(states, output)
    if last is None or not last.has_ended:
        raise CommandError(f"the run {started.id} did not end within a day")
    showing.show(last, pipeline)
    failure = errors.Failure(last.message or f"the run: {last.status}").document() if last.has_failed else {}
    output.line("result", {**last.details, **failure})
    if last.has_failed or (wanted.fails and last.status == VIOLATED):
        raise typer.Exit(errors.FAILED)


def _last(states: Iterator[MonitorRun], output: Output) -> MonitorRun | None:
    """Show each change of a run, and return how it is in the end."""
    last, told = None, ""
    with output.screen() as screen:
        for last in states:
            screen.show(Text.assemble("the run: ", (last.status, style(last.status))))
            if last.status != told:
                told = last.status
                output.line("state", {"id": last.id, "status": told})
    return last
