# SPDX-License-Identifier: Apache-2.0
"""`mlops monitor` and its options; each command loads what it needs when it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from scripts.cli import completing
from scripts.cli.options import Access, Acting, Among, Asked, Pipeline, grouped


@dataclass(frozen=True)
class Reporting:
    """What becomes of a report."""

    report: Annotated[
        str, typer.Option(metavar="FILE", help="Save the report of the run to FILE; - writes it to standard output.")
    ] = ""
    open_report: Annotated[bool, typer.Option("--open", help="Open the report in the browser.")] = False


@dataclass(frozen=True)
class Window:
    """What a run looks at, as it is typed."""

    start: Annotated[str, typer.Option(help="Begin of the window: a time in UTC, or so long ago, as 6h or 7d.")] = ""
    end: Annotated[str, typer.Option(help="End of the window, likewise; otherwise now.")] = ""


@dataclass(frozen=True)
class Following:
    """Whether a run is followed, and what counts as a failure then."""

    watch: Annotated[bool, typer.Option("--watch", help="Follow the run to its end, and show what it found.")] = False
    fail_on_violations: Annotated[
        bool, typer.Option("--fail-on-violations", help="With --watch: end with status 1 if it found any.")
    ] = False


app = typer.Typer(no_args_is_help=True, help="Runs of a monitor: what they found, their reports, and one right now.")


@app.command("list")
@grouped
def list_runs(
    access: Access,
    among: Among,
    pipeline: Pipeline,
    limit: Annotated[int, typer.Option(min=1, help="Show the newest so many.")] = 20,
) -> None:
    """List the runs of a monitor, the newest first: the window, how each ended, and what it found."""
    from scripts.cli.monitors import listing

    listing.run(Asked(access, among.stack_name), among.named(pipeline), limit)


@app.command()
@grouped
def show(
    access: Access,
    among: Among,
    pipeline: Pipeline,
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="Id of the run, or the end of it; otherwise the last one.",
            autocompletion=completing.runs,
        ),
    ] = "",
    *,
    reporting: Reporting,
) -> None:
    """Show one run: its message, each violation with how far it went and what is allowed, and its files."""
    from scripts.cli.monitors import showing

    wanted = showing.Wanted(run, reporting.report, reporting.open_report)
    showing.run(Asked(access, among.stack_name), among.named(pipeline), wanted)


@app.command()
@grouped
def run(access: Acting, among: Among, pipeline: Pipeline, window: Window, following: Following) -> None:
    """Start a run now; without --start, of the last period of the schedule.

    With --watch, the status is 1 if the run failed. Violations are a result and status 0, but for --fail-on-violations.
    """
    from scripts.cli.monitors import running

    wanted = running.Wanted(window.start, window.end, following.fail_on_violations)
    running.run(Asked(access, among.stack_name, following.watch), among.named(pipeline), wanted)
