# SPDX-License-Identifier: Apache-2.0
"""Everyday commands and their options, as `commands.py` has the others: each loads what it needs when it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from scripts.cli.everyday.calls import Calls
from scripts.cli.everyday.said import Said
from scripts.cli.options import Access, Among, Asked, Pipeline, grouped

app = typer.Typer()


@dataclass(frozen=True)
class AmongStages(Among):
    """Pipelines of the orchestrator, or what they deployed in the account of a stage."""

    stage: Annotated[
        str, typer.Option(help="Stage in several accounts: dev, staging or prod, by a --profile of its account.")
    ] = ""


@app.command("open")
@grouped
def open_console(
    access: Access,
    among: Among,
    pipeline: Pipeline,
    only_print: Annotated[bool, typer.Option("--print", help="Open no browser.")] = False,
) -> None:
    """Print the addresses of a pipeline and its work in the AWS console, and open the first on a terminal."""
    from scripts.cli.everyday import opening

    opening.run(Asked(access, among.stack_name), among.named(pipeline), only_print)


@app.command()
@grouped
def console(
    access: Access,
    among: Among,
    port: Annotated[int, typer.Option(help="Port on this machine; otherwise a free one.")] = 0,
    only_print: Annotated[bool, typer.Option("--print", help="Open no browser.")] = False,
) -> None:
    """Serve a page on this machine: pipelines, approvals, monitors, new pipelines; nothing is deployed."""
    from scripts.cli import extras

    with extras.needed("console"):
        from scripts.cli.foreground import console as page

    page.run(Asked(access, among.stack_name), port, only_print)


@app.command()
@grouped
def predict(
    access: Access,
    among: AmongStages,
    pipeline: Pipeline,
    said: Said,
    file: Annotated[str, typer.Argument(metavar="FILE", help="What the model reads, such as CSV; - for input.")],
) -> None:
    """Ask a deployed model by its inference API, or where it has none by InvokeEndpoint, and print the prediction."""
    from scripts.cli.everyday import predicting

    question = predicting.Question(file, among.stage, said)
    predicting.run(Asked(access, among.stack_name), among.named(pipeline), question)


@app.command()
@grouped
def load(
    access: Access,
    among: AmongStages,
    pipeline: Pipeline,
    calls: Calls,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before calls of the stage prod.")] = False,
) -> None:
    """Ask a deployed model many times at a steady rate: latency, errors, and an estimate of its instances."""
    from scripts.cli.everyday import loading

    what = loading.Load(calls, among.stage)
    loading.run(Asked(access, among.stack_name), among.named(pipeline), what, yes)


@app.command()
@grouped
def logs(
    access: Access,
    among: AmongStages,
    pipeline: Pipeline,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the job has ended, or Ctrl-C.")] = False,
    since: Annotated[str, typer.Option(help="How far back: 30s, 10m, 2h, 7d, or a time.")] = "1d",
) -> None:
    """Show what endpoint, job, monitor runs and functions of a pipeline have logged."""
    from scripts.cli.everyday import log_reading

    log_reading.run(Asked(access, among.stack_name, follow), among.named(pipeline), since, among.stage)


@app.command()
@grouped
def events(
    access: Access,
    among: Among,
    pipeline: Annotated[str, typer.Argument(metavar="[ID]", help="As `status` takes it.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Those of all pipelines.")] = False,
    since: Annotated[str, typer.Option(help="How far back: 10m, 2h, 7d, or a time; otherwise all.")] = "",
) -> None:
    """Show what happened to a pipeline: stacks, executions, approvals, its job, in the order of time."""
    from scripts.cli.everyday import events

    events.run(Asked(access, among.stack_name), among.named(pipeline), every, since)


@app.command()
@grouped
def retry(
    access: Access,
    among: Among,
    pipeline: Pipeline,
    watch: Annotated[bool, typer.Option("--watch", help="Follow the pipeline until it has ended.")] = False,
) -> None:
    """Run the failed stage of a pipeline again, or all stages where that cannot be done."""
    from scripts.cli.everyday import retrying

    retrying.run(Asked(access, among.stack_name, watch), among.named(pipeline))


@app.command()
@grouped
def pause(
    access: Access,
    among: Among,
    pipeline: Pipeline,
    reason: Annotated[str, typer.Option(help="Why, for whoever finds it paused.")] = "",
) -> None:
    """Pause what a pipeline does by itself: retraining, deployment on approval, a baseline that follows."""
    from scripts.cli.pipelines import pausing

    pausing.pause(Asked(access, among.stack_name), among.named(pipeline), reason)


@app.command()
@grouped
def resume(access: Access, among: Among, pipeline: Pipeline) -> None:
    """Let a paused pipeline go on by itself."""
    from scripts.cli.pipelines import pausing

    pausing.resume(Asked(access, among.stack_name), among.named(pipeline))


@app.command()
@grouped
def shift(
    access: Access,
    among: Among,
    pipeline: Pipeline,
    weights: Annotated[
        list[str], typer.Argument(metavar="VARIANT=WEIGHT...", help="Weight of a variant; those not named keep theirs.")
    ],
    stage: Annotated[
        str, typer.Option(metavar="STAGE", help="With several accounts: the stage whose endpoint is meant.")
    ] = "",
) -> None:
    """Share the calls of an endpoint otherwise among its variants, without a deployment."""
    from scripts.cli.pipelines import shifting

    shifting.run(Asked(access, among.stack_name), among.named(pipeline), weights, stage)
