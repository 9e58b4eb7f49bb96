# SPDX-License-Identifier: Apache-2.0
"""`mlops delete`: removes a pipeline and what it deployed, after showing what goes and what stays."""

from __future__ import annotations

from typing import Final

import typer

from mlops_orchestrator.client.answers import accepted
from mlops_orchestrator.settings import hints
from scripts.cli import connection, errors
from scripts.cli.asking import check_can_ask
from scripts.cli.errors import CommandError
from scripts.cli.options import Asked
from scripts.cli.output import Output
from scripts.cli.pipelines import removals
from scripts.cli.pipelines.removals import Removal

_STAYS: Final = (
    ("models, data and results", "in the assets bucket"),
    ("registered versions of models", "in the model registry, with how running jobs are registered"),
    ("images", "in the container registry"),
    ("artifacts of past executions", "in the pipelines bucket"),
)


def run(asked: Asked, given: str, yes: bool) -> None:
    """Delete a pipeline; with `watch`, follow the deletion to its end."""
    output = Output(asked.access.form, asked.access.lines)
    check_can_ask(yes, output)
    api = connection.orchestrator_api(asked.access, asked.stack_name)
    details = accepted(api.details(given))
    name = details["pipeline_stack_name"]
    output.table(("goes", ""), list(removals.going(details)), f"Delete the pipeline {name}")
    output.table(("stays", ""), _STAYS)
    if not yes and not typer.confirm("Delete it?"):
        output.say("Nothing was changed.")
        return
    body = accepted(api.delete(details["pipeline_id"]))
    output.say(body["message"])
    again = hints.command(f"delete {name} --yes --watch{asked.flags}")
    if asked.watch:
        output.line("event", body)
        with errors.interruptible("the deletion", again):
            _follow(Removal(api, details, output), output)
    else:
        output.document(body)
        output.say(f"next: {again}")


def _follow(removal: Removal, output: Output) -> None:
    """Show every change until the end. Raise CommandError if something could not be deleted."""
    if removals.follow(iter([removal]), output):
        again = "Remove the cause and repeat the command: it goes on where it came to its end"
        raise CommandError(f"the pipeline {removal.name} is not deleted. {removal.failure} {again}")
    output.line("result", {"pipeline_id": removal.id, "status": "DELETED"})
