# SPDX-License-Identifier: Apache-2.0
"""State of a pipeline, shown once or until it needs a decision or ends, and who must act next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import botocore.exceptions
import typer
from rich.console import Group
from rich.live import Live
from rich.text import Text

from mlops_orchestrator.aws import pipeline_status, stack_following
from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.aws.pipeline_status import Approval, PipelineStatus
from mlops_orchestrator.aws.stack_following import StackFailedError
from mlops_orchestrator.settings import hints
from orchestrator.pipeline_types.blueprints import PIPELINE_STACK_SUFFIX
from scripts.cli import connection, errors
from scripts.cli.errors import CommandError
from scripts.cli.output import style, table
from scripts.cli.pipelines.answers import AskedPipeline

_ENDLESS: Final = "the pipeline did not end within a day; run `mlops status` to go on"


def show(pipeline: AskedPipeline) -> None:
    """Show the state once; in JSON, the API's answer with the approvals that wait."""
    answer = pipeline.answer()
    found = pipeline_status.read(answer)
    decisions = [_decision(approval, pipeline) for approval in found.waiting]
    if pipeline.output.as_json:
        details = pipeline.details()
        told = {name: details.get(name) for name in ("outputs", "job", "stages")}
        pipeline.output.document({**answer, "waiting_approvals": decisions, **told})
    if not pipeline.output.as_json:
        pipeline.output.console.print(_rendered(found, pipeline))
    _show_end(found, pipeline)


def follow(pipeline: AskedPipeline, before: str | None = None) -> None:
    """Show every change until the end. Ends the command with status 1 if the pipeline failed.

    On a terminal, the watch goes on while somebody else approves. In a script, it ends there, to not wait in vain.
    `before` is an execution that has ended.
    """
    is_live = pipeline.output.is_live
    statuses = pipeline_status.watch(pipeline.status, before, until=lambda status: not is_live and status.needs_person)
    last, overtaken = (_show_live if is_live else _show_changes)(statuses, pipeline)
    for execution in overtaken:
        _show_fate(execution, last, pipeline)
    if last.has_ended:
        _show_end(last, pipeline)
    elif last.needs_person:
        _show_waiting(last, pipeline)
    else:
        raise CommandError(_ENDLESS)
    if last.has_failed:
        raise typer.Exit(errors.FAILED)


class _Executions:
    """Record of executions, which shows when a newer one has taken the followed one's place."""

    def __init__(self) -> None:
        self._now = ""
        self.overtaken: list[str] = []

    def see(self, status: PipelineStatus) -> None:
        """Record the newest execution."""
        if self._now and status.execution != self._now:
            self.overtaken.append(self._now)
        self._now = status.execution


_Followed = tuple[PipelineStatus, list[str]]


def _show_live(statuses: Iterator[PipelineStatus], pipeline: AskedPipeline) -> _Followed:
    last, executions = None, _Executions()
    with Live(console=pipeline.output.console, auto_refresh=False) as live:
        for last in statuses:
            executions.see(last)
            live.update(_rendered(last, pipeline), refresh=True)
    return _seen(last), executions.overtaken


def _show_changes(statuses: Iterator[PipelineStatus], pipeline: AskedPipeline) -> _Followed:
    last, executions, output, told = None, _Executions(), pipeline.output, set[object]()
    for last in statuses:
        executions.see(last)
        if not last.actions and last.message not in told:
            told.add(last.message)
            output.say(last.message)
        for action in last.actions:
            change = (last.execution, action)
            if change not in told and action.status != pipeline_status.WAITING:
                told.add(change)
                output.document(action.description())
                output.say(f"{action.stage}/{action.action}: {action.status}  {action.detail}".rstrip())
    return _seen(last), executions.overtaken


def _seen(last: PipelineStatus | None) -> PipelineStatus:
    if last is None:
        raise CommandError(_ENDLESS)
    return last


def _rendered(found: PipelineStatus, pipeline: AskedPipeline) -> Group:
    if not found.pipeline:
        return Group(Text(found.message), Text(found.stack_status, style=style(found.stack_status)))
    rows = [(action.stage, action.action, action.status, action.detail) for action in found.actions]
    parts: list[Any] = [table(("stage", "action", "state", ""), rows, found.pipeline)]
    parts += [Text(line) for approval in found.waiting for line in _question(approval, found, pipeline)]
    return Group(*parts, *([] if pipeline.aws.is_local else [Text(_console_link(found.pipeline, pipeline.aws))]))


def _question(approval: Approval, found: PipelineStatus, pipeline: AskedPipeline) -> Iterator[str]:
    """Yield lines about who must act, and how."""
    yield f"{approval.stage} waits for a person to decide whether {approval.target} is deployed:"
    for command in pipeline.commands(approval).values():
        yield f"  {command}"
    if approval.behind:
        yield (
            f"  An older execution, {approval.execution}, asks for this. The newer one, {approval.behind}, waits"
            " behind it: reject, and only the newer goes on; approve, and both do."
        )
    elif approval.execution != found.execution:
        yield f"  An older execution, {approval.execution}, asks for this; the table shows the newest."


def _decision(approval: Approval, pipeline: AskedPipeline) -> dict[str, str]:
    """Return the same as JSON output has it."""
    place = {"stage": approval.stage, "action": approval.action, "target": approval.target}
    executions = {"execution": approval.execution, "newer_execution": approval.behind}
    return {**place, **executions, **pipeline.commands(approval)}


def _show_waiting(last: PipelineStatus, pipeline: AskedPipeline) -> None:
    """Show why the watch ends before the pipeline does."""
    pipeline.output.document({"waiting_approvals": [_decision(approval, pipeline) for approval in last.waiting]})
    pipeline.output.say("Nothing more happens until a person acts.")
    for approval in last.waiting:
        for line in _question(approval, last, pipeline):
            pipeline.output.say(line)


def _show_fate(execution: str, last: PipelineStatus, pipeline: AskedPipeline) -> None:
    """Show the end of an execution whose place a newer one has taken."""
    told = {"execution": execution, "newer_execution": last.execution}
    try:
        answer = pipeline.aws.client("codepipeline").get_pipeline_execution(
            pipelineName=last.pipeline, pipelineExecutionId=execution
        )
    except botocore.exceptions.ClientError:
        # Callers of the API may lack permission to see it.
        pipeline.output.document(told)
        pipeline.output.say(f"A newer execution, {last.execution}, took the place of {execution}.")
        return
    status = answer["pipelineExecution"]["status"]
    pipeline.output.document({**told, "status": status})
    pipeline.output.say(f"The execution {execution}, which the newer {last.execution} came after: {status}.")


def _console_link(name: str, aws: Aws) -> str:
    host = f"{aws.region}.{aws.console}"
    return f"https://{host}/codesuite/codepipeline/pipelines/{name}/view?region={aws.region}"


def _show_end(found: PipelineStatus, pipeline: AskedPipeline) -> None:
    output = pipeline.output
    if found.was_rejected:
        output.say("It was rejected: the stages before keep what was deployed, those after it keep what they had.")
        output.say(f"To ask again, repeat `{hints.command('provision')}`, with the request changed or as it was.")
    elif found.has_failed:
        if not found.pipeline:
            output.say(f"The pipeline was not made. {_first_cause(pipeline)}")
        output.say(f"Repeat `{hints.command('provision')}` with the same request when the cause is gone.")
    elif found.has_succeeded and not output.as_json:
        _show_deployed(found, pipeline)


def _first_cause(pipeline: AskedPipeline) -> str:
    """Return why the stack of a pipeline failed. Callers of the API may lack permission to see it."""
    try:
        return f"First cause: {stack_following.first_cause(pipeline.aws.client('cloudformation'), pipeline.id)}"
    except (StackFailedError, botocore.exceptions.ClientError) as error:
        return f"Its stack cannot be looked at: {error}"


def _show_deployed(found: PipelineStatus, pipeline: AskedPipeline) -> None:
    """Show what the pipeline deployed, and the state of its job."""
    aws, output = pipeline.aws, pipeline.output
    stack_name = pipeline.name.removesuffix(f"-{PIPELINE_STACK_SUFFIX}")
    if found.approvals:
        output.say(
            f"It is deployed in the accounts of all stages, by the stacks StackSet-{stack_name}-<stage>-... there:"
            " their outputs tell the addresses."
        )
        return
    details = pipeline.details()
    if (stack := details.get("stack")) is not None:
        rows = [(name, connection.reachable(value, aws)) for name, value in sorted(details["outputs"].items())]
        output.table(("output", "value"), rows, f"{stack['stack_name']}: {stack['status']}")
    if (job := details.get("job")) is not None:
        output.say(f"The {job['kind']} {job['name']}: {job['status'] or 'unknown'}. {job['failure_reason']}".rstrip())
