# SPDX-License-Identifier: Apache-2.0
"""`mlops provision` and `mlops status`: signed calls of the orchestrator's API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import botocore.exceptions
import typer
from rich.console import Group
from rich.live import Live
from rich.text import Text

from orchestrator.errors import Problem
from orchestrator.pipelines.base import PIPELINE_STACK_SUFFIX, STACK_PREFIX
from scripts import pipeline_status, stack_following
from scripts.api_client import Answer, OrchestratorApi
from scripts.aws_access import Aws
from scripts.cli import connection, errors, request_files
from scripts.cli.errors import CommandError, WrongUseError
from scripts.cli.options import Access
from scripts.cli.output import Output, style, table
from scripts.pipeline_status import PipelineStatus
from scripts.stack_following import StackFailedError

# The API's words for a request that changes nothing (contract 2.2).
_NOTHING_TO_DO: Final = "No updates are to be performed"
# The caller's own mistakes: anything else is a failure.
_WRONG_REQUEST: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.REQUEST_ENTITY_TOO_LARGE})


@dataclass(frozen=True)
class Asked:
    """What both commands are told: whom to ask, and whether to follow the pipeline."""

    access: Access
    stack_name: str | None
    watch: bool


def provision(asked: Asked, file: str, dry_run: bool) -> None:
    """Provision the request of a file."""
    output = Output(asked.access.as_json)
    request = request_files.read(file)
    api = connection.orchestrator_api(asked.access, asked.stack_name)
    if dry_run or request.get("dry_run") is True:
        _show_plan(_accepted(api.provision({**request, "dry_run": True}), output), output)
        return
    before = _newest_execution(api, request, output) if asked.watch else None
    body = _accepted(api.provision(request), output)
    output.document(body)
    output.say(body["message"])
    for warning in body.get("warnings", ()):
        output.say(f"warning: {warning}")
    if "pipeline_id" not in body:
        return
    output.say(f"pipeline_id: {body['pipeline_id']}")
    if not asked.watch:
        output.say(f"next: mlops status {body['pipeline_id']} --watch")
        return
    _follow(api, body["pipeline_id"], None if _NOTHING_TO_DO in body["message"] else before, output)


def status(asked: Asked, pipeline: str) -> None:
    """Show the state of a pipeline, once or until it has ended."""
    output = Output(asked.access.as_json)
    api = connection.orchestrator_api(asked.access, asked.stack_name)
    pipeline_id = _pipeline_id(api.client.aws, pipeline)
    if asked.watch:
        _follow(api, pipeline_id, None, output)
        return
    body = _accepted(api.status(pipeline_id), output)
    output.document(body)
    found = pipeline_status.read(body)
    if not output.as_json:
        output.console.print(_rendered(found, api.client.aws))
    _show_end(found, pipeline_id, api.client.aws, output)


def _accepted(answer: Answer, output: Output) -> dict[str, Any]:
    """The body of a success; for anything else says what the API said and ends the command."""
    if answer.is_success:
        return answer.body
    exit_status = errors.WRONG_USE if answer.status in _WRONG_REQUEST else errors.FAILED
    message = answer.body.get("message") or answer.body.get("Message") or f"The API answered {answer.status}."
    output.document(answer.body)
    output.say(f"{message} (HTTP {answer.status})")
    problems = [Problem(str(one.get("key", "")), str(one.get("problem", ""))) for one in answer.body.get("errors", ())]
    if problems:
        output.table(("key", "problem"), [(problem.key, problem.problem) for problem in problems])
    for name in ("detailedMessage", "request_id"):
        if name in answer.body:
            output.say(f"{name}: {answer.body[name]}")
    raise typer.Exit(exit_status)


def _show_plan(body: dict[str, Any], output: Output) -> None:
    output.document(body)
    output.say(body["message"])
    plan = body.get("plan", {})
    rows = [(name, str(value)) for name, value in plan.items() if not isinstance(value, dict)]
    output.table(("plan", ""), rows)
    for name, parameters in plan.get("parameters", {}).items():
        output.table(("parameter", "value"), [(key, str(value)) for key, value in parameters.items()], name)
    for warning in body.get("warnings", ()):
        output.say(f"warning: {warning}")


def _newest_execution(api: OrchestratorApi, request: dict[str, Any], output: Output) -> str | None:
    """The execution that a repeated or changed request finds there: it is not the one to watch."""
    plan = _accepted(api.provision({**request, "dry_run": True}), output).get("plan", {})
    answer = api.status(str(plan.get("pipeline_stack_name", "")))
    return pipeline_status.read(answer.body).execution or None if answer.is_success else None


def _pipeline_id(aws: Aws, given: str) -> str:
    """An ARN or stack name as it is; a model's name becomes that of its only pipeline."""
    if given.startswith((STACK_PREFIX, "arn:")):
        return given
    suffix = f"-{PIPELINE_STACK_SUFFIX}"
    found = [
        name
        for name in stack_following.names(aws.client("cloudformation"), f"{STACK_PREFIX}-{given.lower()}-")
        if name.endswith(suffix)
    ]
    if len(found) > 1:
        raise WrongUseError(f"{given} has several pipelines: name one of {', '.join(found)}")
    if not found:
        raise WrongUseError(f"there is no pipeline of a model {given} in {aws.region}; give the pipeline_id")
    return found[0]


def _stack_name(pipeline_id: str) -> str:
    return pipeline_id.rsplit(":stack/", maxsplit=1)[-1].split("/", maxsplit=1)[0]


def _follow(api: OrchestratorApi, pipeline_id: str, before: str | None, output: Output) -> None:
    aws = api.client.aws
    statuses = pipeline_status.watch(lambda: pipeline_status.read(_accepted(api.status(pipeline_id), output)), before)
    last = _show_live(statuses, aws, output) if output.is_live else _show_changes(statuses, output)
    _show_end(last, pipeline_id, aws, output)
    if not last.has_succeeded:
        raise typer.Exit(errors.FAILED)


def _show_live(statuses: Iterator[PipelineStatus], aws: Aws, output: Output) -> PipelineStatus:
    last = None
    with Live(console=output.console, auto_refresh=False) as live:
        for last in statuses:
            live.update(_rendered(last, aws), refresh=True)
    return _seen(last)


def _show_changes(statuses: Iterator[PipelineStatus], output: Output) -> PipelineStatus:
    last, told = None, set[object]()
    for last in statuses:
        if not last.actions and last.message not in told:
            told.add(last.message)
            output.say(last.message)
        for action in last.actions:
            if action not in told and action.status != pipeline_status.WAITING:
                told.add(action)
                output.document(action.description())
                output.say(f"{action.stage}/{action.action}: {action.status}  {action.detail}".rstrip())
    return _seen(last)


def _seen(last: PipelineStatus | None) -> PipelineStatus:
    if last is None:
        raise CommandError("the pipeline did not end within a day; run `mlops status` to go on")
    return last


def _rendered(found: PipelineStatus, aws: Aws) -> Group:
    if not found.pipeline:
        return Group(Text(found.message), Text(found.stack_status, style=style(found.stack_status)))
    rows = [(action.stage, action.action, action.status, action.detail) for action in found.actions]
    parts = [table(("stage", "action", "state", ""), rows, found.pipeline)]
    return Group(*parts, *([] if aws.is_local else [Text(_console_link(found.pipeline, aws))]))


def _console_link(pipeline: str, aws: Aws) -> str:
    host = f"{aws.region}.{aws.console}"
    return f"https://{host}/codesuite/codepipeline/pipelines/{pipeline}/view?region={aws.region}"


def _show_end(found: PipelineStatus, pipeline_id: str, aws: Aws, output: Output) -> None:
    if found.has_failed:
        if not found.pipeline:
            output.say(f"The pipeline was not made. {_first_cause(pipeline_id, aws)}")
        output.say("Repeat `mlops provision` with the same request when the cause is gone.")
    elif found.has_succeeded and not output.as_json:
        _show_deployed(_stack_name(pipeline_id).removesuffix(f"-{PIPELINE_STACK_SUFFIX}"), aws, output)


def _first_cause(pipeline_id: str, aws: Aws) -> str:
    """Why the stack of a pipeline failed; who may call the API need not be allowed to see it."""
    try:
        return f"First cause: {stack_following.first_cause(aws.client('cloudformation'), pipeline_id)}"
    except (StackFailedError, botocore.exceptions.ClientError) as error:
        return f"Its stack cannot be looked at: {error}"


def _show_deployed(stack_name: str, aws: Aws, output: Output) -> None:
    """What the pipeline deployed here; who may call the API need not be allowed to see it."""
    try:
        state = stack_following.find(aws.client("cloudformation"), stack_name)
    except botocore.exceptions.ClientError:
        output.say(f"It deployed the stack {stack_name}; you may not look at its outputs.")
        return
    if state is not None:
        rows = [(name, connection.reachable(value, aws)) for name, value in sorted(state.outputs.items())]
        output.table(("output", "value"), rows, f"{stack_name}: {state.status}")
