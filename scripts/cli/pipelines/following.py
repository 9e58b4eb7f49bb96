# SPDX-License-Identifier: Apache-2.0
"""State of a pipeline, shown once or until it needs a decision or ends: its deployment, then the work of that."""

from __future__ import annotations

from collections.abc import Iterator

import botocore.exceptions
import typer

from mlops_orchestrator.aws import pipeline_status
from mlops_orchestrator.client import waiting
from mlops_orchestrator.client.states import Status
from scripts.cli import errors
from scripts.cli.errors import CommandError
from scripts.cli.pipelines import documents, showing
from scripts.cli.pipelines.answers import AskedPipeline


def show(pipeline: AskedPipeline) -> None:
    """Show the state once."""
    found = pipeline.state()
    pipeline.output.document(documents.whole(found, pipeline))
    if not pipeline.output.as_json:
        pipeline.output.console.print(showing.rendered(found, pipeline))
    showing.end(found, pipeline)


def follow(pipeline: AskedPipeline, before: str | None = None) -> None:
    """Show every change until the end. Ends the command with status 1 if anything that was asked for failed.

    On a terminal, the watch goes on while somebody else approves. In a script, it ends there, to not wait in vain.
    `before` is an execution that has ended.
    """
    is_live = pipeline.output.is_live
    states = waiting.watch(pipeline.state, before, until=lambda state: not is_live and state.execution.needs_person)
    with errors.interruptible("the pipeline", pipeline.command("status", "--watch")):
        last, overtaken = (_show_live if is_live else _show_changes)(states, pipeline)
    for execution in overtaken:
        _show_fate(execution, last, pipeline)
    if last.has_ended:
        showing.end(last, pipeline)
    elif last.execution.needs_person:
        _show_waiting(last, pipeline)
    else:
        raise _not_ended(pipeline)
    failed = errors.Failure(last.sentence).document() if last.has_failed else {}
    pipeline.output.line("result", {**documents.whole(last, pipeline), **failed})
    if not is_live:
        pipeline.output.say(last.sentence)
    if last.has_failed:
        raise typer.Exit(errors.FAILED)


class _Executions:
    """Record of executions, which shows when a newer one has taken the followed one's place."""

    def __init__(self) -> None:
        self._now = ""
        self.overtaken: list[str] = []

    def see(self, state: Status) -> None:
        """Record the newest execution."""
        newest = state.execution.execution
        if self._now and newest != self._now:
            self.overtaken.append(self._now)
        self._now = newest


_Followed = tuple[Status, list[str]]


def _show_live(states: Iterator[Status], pipeline: AskedPipeline) -> _Followed:
    last, executions = None, _Executions()
    with pipeline.output.screen() as screen:
        for last in states:
            executions.see(last)
            showing.live(last, pipeline, screen)
    return _seen(last, pipeline), executions.overtaken


def _show_changes(states: Iterator[Status], pipeline: AskedPipeline) -> _Followed:
    last, executions, output, told = None, _Executions(), pipeline.output, set[object]()
    for last in states:
        executions.see(last)
        for action in last.execution.actions:
            change = (last.execution.execution, action)
            if change not in told and action.status != pipeline_status.WAITING:
                told.add(change)
                output.line("event", action.description())
                output.say(f"{action.stage}/{action.action}: {action.status}  {action.detail}".rstrip())
        state = (last.execution.execution, last.state, last.reason)
        if state not in told:
            told.add(state)
            output.line("state", documents.state(last))
            if not last.has_ended:
                output.say(f"{last.sentence}{' Waiting for it.' if last.is_running else ''}")
    return _seen(last, pipeline), executions.overtaken


def _seen(last: Status | None, pipeline: AskedPipeline) -> Status:
    if last is None:
        raise _not_ended(pipeline)
    return last


def _not_ended(pipeline: AskedPipeline) -> CommandError:
    return CommandError(f"the pipeline did not end within a day; go on with {pipeline.command('status', '--watch')}")


def _show_waiting(last: Status, pipeline: AskedPipeline) -> None:
    """Show why the watch ends before the pipeline does."""
    pipeline.output.say("Nothing more happens until a person acts.")
    for approval in last.execution.waiting:
        for line in showing.question(approval, last, pipeline):
            pipeline.output.say(line)


def _show_fate(execution: str, last: Status, pipeline: AskedPipeline) -> None:
    """Show the end of an execution whose place a newer one has taken."""
    newer = last.execution.execution
    told = {"execution": execution, "newer_execution": newer}
    try:
        answer = pipeline.aws.client("codepipeline").get_pipeline_execution(
            pipelineName=last.execution.pipeline, pipelineExecutionId=execution
        )
    except botocore.exceptions.ClientError:
        # Callers of the API may lack permission to see it.
        pipeline.output.line("event", told)
        pipeline.output.say(f"A newer execution, {newer}, took the place of {execution}.")
        return
    status = answer["pipelineExecution"]["status"]
    pipeline.output.line("event", {**told, "status": status})
    pipeline.output.say(f"The execution {execution}, which the newer {newer} came after: {status}.")
