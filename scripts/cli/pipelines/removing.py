# SPDX-License-Identifier: Apache-2.0
"""`mlops delete`: removes a pipeline and what it deployed, after showing what goes and what stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import typer

from mlops_orchestrator.aws.api_client import OrchestratorApi
from mlops_orchestrator.settings import hints
from scripts.cli import connection, errors
from scripts.cli.asking import check_can_ask
from scripts.cli.options import Asked
from scripts.cli.output import Output
from scripts.cli.pipelines import removals
from scripts.cli.pipelines.answers import accepted
from scripts.cli.pipelines.removals import Removal

_STAYS: Final = (
    ("models, data and results", "in the assets bucket"),
    ("registered versions of models", "in the model registry, with how running jobs are registered"),
    ("images", "in the container registry"),
    ("artifacts of past executions", "in the pipelines bucket"),
)


def run(asked: Asked, given: str, yes: bool) -> None:
    """Delete a pipeline; with `watch`, follow the deletion to its end."""
    output = Output(asked.access.as_json)
    check_can_ask(yes, output)
    api = connection.orchestrator_api(asked.access, asked.stack_name)
    details = accepted(api.details(given), output)
    name = details["pipeline_stack_name"]
    output.table(("goes", ""), list(removals.going(details)), f"Delete the pipeline {name}")
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
        output.say(f"next: {hints.command(f'delete {name} --yes --watch{asked.flags}')}")


def _follow(api: OrchestratorApi, details: Mapping[str, Any], output: Output) -> None:
    """Show every change until the end. Ends the command with status 1 if something could not be deleted."""
    if removals.follow(iter([Removal(api, details, output)])):
        output.say("Remove the cause and repeat the command: it goes on where it came to its end.")
        raise typer.Exit(errors.FAILED)
