# SPDX-License-Identifier: Apache-2.0
"""`mlops delete`: removes a pipeline and what it deployed, after showing what goes and what stays."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

import typer

from scripts.api_client import OrchestratorApi
from scripts.cli import connection, errors
from scripts.cli.answers import accepted
from scripts.cli.asking import check_can_ask
from scripts.cli.errors import CommandError
from scripts.cli.options import Asked
from scripts.cli.output import Output

_STAYS: Final = (
    ("models, data and results", "in the assets bucket"),
    ("registered versions of models", "in the model registry, with how running jobs are registered"),
    ("images", "in the container registry"),
    ("artifacts of past executions", "in the pipelines bucket"),
)
_FIRST_PAUSE_SECONDS: Final = 0.2
_LONGEST_PAUSE_SECONDS: Final = 5.0
_PAUSE_GROWTH: Final = 1.3
# Events of StackSets may reach another account than the orchestrator's: the request itself is repeated then.
_REPEATED_AFTER_SECONDS: Final = 60
_LONGEST_SECONDS: Final = 3 * 3600


def run(asked: Asked, given: str, yes: bool) -> None:
    """Delete a pipeline; with `watch`, follow that to its end."""
    output = Output(asked.access.as_json)
    check_can_ask(yes, output)
    api = connection.orchestrator_api(asked.access, asked.stack_name)
    details = accepted(api.details(given), output)
    name = details["pipeline_stack_name"]
    output.table(("goes", ""), list(_going(details)), f"Delete the pipeline {name}")
    output.table(("stays", ""), _STAYS)
    if not yes and not typer.confirm("Delete it?"):
        output.say("Nothing was changed.")
        return
    body = accepted(api.delete(details["pipeline_id"]), output)
    output.document(body)
    output.say(body["message"])
    if asked.watch:
        _follow(api, details, output)
    else:
        output.say(f"next: mlops delete {name} --yes --watch{asked.flags}")


def _going(details: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield details["pipeline_stack_name"], f"the pipeline's stack, {details['stack_status']}"
    stack = details["stack"]
    if stack is not None and stack["stack_id"] != details["pipeline_id"]:
        yield stack["stack_name"], f"the stack that it deployed, {stack['status']}"
    for stage in details["stages"]:
        for instance in stage["instances"] or ():
            place = f"{instance['account']}, {instance['region']}"
            yield stage["stack_set"], f"the stack of {stage['stage']} in {place}, {instance['status']}"
    yield "the packaged template", "in the pipelines bucket"


def _follow(api: OrchestratorApi, details: Mapping[str, Any], output: Output) -> None:
    """Tell every change until the end; ends the command with status 1 when something could not be deleted."""
    for failure in _changes(api, details, output):
        if failure:
            output.document({"pipeline_id": details["pipeline_id"], "status": "FAILED", "reason": failure})
            output.say(failure)
            output.say("Remove the cause and repeat the command: it goes on where it came to its end.")
            raise typer.Exit(errors.FAILED)
    output.document({"pipeline_id": details["pipeline_id"], "status": "DELETED"})
    output.say(f"The pipeline {details['pipeline_stack_name']} is deleted.")


def _changes(api: OrchestratorApi, details: Mapping[str, Any], output: Output) -> Iterator[str]:
    """Give what has failed, or an empty text, at each look while there is something to see."""
    pause, started = _FIRST_PAUSE_SECONDS, time.monotonic()
    told: set[tuple[str, str]] = set(_going(details))
    last_change = started
    while time.monotonic() - started < _LONGEST_SECONDS:
        answer = api.details(details["pipeline_id"])
        if answer.status == HTTPStatus.NOT_FOUND:
            return
        now = accepted(answer, output)
        for change in _going(now):
            if change not in told:
                told.add(change)
                last_change = time.monotonic()
                output.document({"name": change[0], "is": change[1]})
                output.say(f"{change[0]}: {change[1]}")
        yield str((now["deletion"] or {}).get("failure", ""))
        if now["stages"] and time.monotonic() - last_change > _REPEATED_AFTER_SECONDS:
            last_change = time.monotonic()
            accepted(api.delete(details["pipeline_id"]), output)
        threading.Event().wait(pause)
        pause = min(pause * _PAUSE_GROWTH, _LONGEST_PAUSE_SECONDS)
    raise CommandError("the deletion did not end within three hours; repeat the command to go on")
