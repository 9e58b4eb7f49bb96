# SPDX-License-Identifier: Apache-2.0
"""`mlops provision` and `mlops status`: signed calls of the orchestrator's API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlops_orchestrator.aws.api_client import OrchestratorApi
from mlops_orchestrator.client.answers import NOTHING_TO_DO, accepted, newest_execution
from mlops_orchestrator.settings import hints
from scripts.cli import connection, request_files
from scripts.cli.cards import card_text
from scripts.cli.options import Asked
from scripts.cli.output import Output
from scripts.cli.pipelines import answers, following
from scripts.cli.pipelines.answers import AskedPipeline


def provision(asked: Asked, file: str, dry_run: bool) -> None:
    """Provision the request of a file."""
    output = Output(asked.access.form)
    request = request_files.read(file)
    api = connection.orchestrator_api(asked.access, asked.stack_name)
    if dry_run or request.get("dry_run") is True:
        _show_plan(accepted(api.provision({**request, "dry_run": True})), output)
        return
    before = _newest_execution(api, request) if asked.watch else None
    body = accepted(api.provision(request))
    is_watched = asked.watch and "pipeline_id" in body
    if is_watched:
        output.line("event", body)
    else:
        output.document(body)
    for line in _told(body):
        output.say(line)
    if "pipeline_id" not in body:
        return
    output.say(f"pipeline_id: {body['pipeline_id']}")
    pipeline = AskedPipeline(api, body["pipeline_id"], asked.flags, output)
    if asked.watch:
        following.follow(pipeline, None if NOTHING_TO_DO in body["message"] else before)
    else:
        output.say(f"next: {pipeline.command('status', '--watch')}")
        if pipeline.aws.is_local:
            output.say(f"the outcome comes by mail: {hints.command(f'mail last{asked.access.flags}')}")


def status(asked: Asked, given: str) -> None:
    """Show the state of a pipeline, once or until it has ended."""
    pipeline = answers.find(asked, given, Output(asked.access.form))
    if asked.watch:
        following.follow(pipeline)
    else:
        following.show(pipeline)


def _told(body: dict[str, Any]) -> Iterator[str]:
    yield from card_text.told(body["message"])
    if "monitor_engine" in body:
        yield f"monitor_engine: {body['monitor_engine']}"
    for warning in body.get("warnings", ()):
        yield f"warning: {warning}"


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


def _newest_execution(api: OrchestratorApi, request: dict[str, Any]) -> str | None:
    """Return the execution that exists before a repeated or changed request: it is not the one to watch."""
    plan = accepted(api.provision({**request, "dry_run": True})).get("plan", {})
    return newest_execution(api, str(plan.get("pipeline_stack_name", "")))
