# SPDX-License-Identifier: Apache-2.0
"""Commands on model cards: each sends one operation to the API (compatibility 5)."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from typing import Any, Final

import typer

from mlops_orchestrator.client.answers import accepted
from mlops_orchestrator.settings import hints
from orchestrator.model_cards.changes import CreateModelCard, UpdateModelCard
from scripts.cli import connection, errors, request_files
from scripts.cli.asking import check_can_ask
from scripts.cli.cards import card_text
from scripts.cli.display.times import minute
from scripts.cli.errors import WrongUseError
from scripts.cli.options import Asked
from scripts.cli.output import Output

_COLUMNS: Final = ("name", "status", "created", "changed")
_TIMES: Final = ("CreationTime", "LastModifiedTime")
_PAUSE_SECONDS: Final = 2.0
_LONGEST_EXPORT_SECONDS: Final = 600
_RUNS: Final = "InProgress"
_WRITING: Final = frozenset({CreateModelCard.operation, UpdateModelCard.operation})


def list_cards(asked: Asked, contains: str, status: str) -> None:
    """List the cards, or those of a part of the name or a status."""
    output = Output(asked.access.form)
    message = _call(asked, "list_model_cards", {"name_contains": contains, "status": status})["message"]
    output.document({"cards": message["ModelCardSummaries"]})
    rows = [
        (card["ModelCardName"], card["ModelCardStatus"], *(minute(card.get(key)) for key in _TIMES))
        for card in message["ModelCardSummaries"]
    ]
    if rows:
        output.table(_COLUMNS, rows)
    else:
        output.say("There are no such model cards." if contains or status else "There are no model cards.")


def show(asked: Asked, name: str, version: int | None) -> None:
    """Show a card, or one version of it."""
    body = _call(asked, "describe_model_card", {"name": name, "version": version})
    _show_card(body, Output(asked.access.form))


def write(asked: Asked, operation: str, file: str, name: str) -> None:
    """Create or update the card of a request file. The command names the operation, and perhaps the card."""
    request = request_files.read(file)
    given = request.get("pipeline_type", operation)
    # The file that made a card is the one that is changed later.
    if given not in _WRITING:
        raise WrongUseError(f"{file} is a request of {given}: leave pipeline_type out, or make it {operation}")
    named = {**request, "name": name} if name else request
    body = _call(asked, operation, {key: value for key, value in named.items() if key != "pipeline_type"})
    output = Output(asked.access.form)
    if "plan" in body:
        output.document(body)
        output.say(str(body["message"]))
        output.say(json.dumps(body["plan"], indent=2))
        return
    _show_card(body, output)


def export(asked: Asked, name: str, version: int | None) -> None:
    """Export a card, and with `asked.watch` wait for the end. A failed export ends the command with status 1."""
    output = Output(asked.access.form)
    body = _call(asked, "export_model_card", {"name": name, "model_card_version": version})
    deadline = time.monotonic() + _LONGEST_EXPORT_SECONDS
    while asked.watch and body["status"] == _RUNS and time.monotonic() < deadline:
        threading.Event().wait(_PAUSE_SECONDS)
        body = _call(asked, "describe_model_card_export", {"export_job_arn": body["export_job_arn"]})
    _show_export(asked, name, body, output)


def exported(asked: Asked, name: str, job: str) -> None:
    """Show how an export goes, or how it ended. A failed one ends the command with status 1."""
    body = _call(asked, "describe_model_card_export", {"name": name, "export_job_name": job})
    _show_export(asked, name, body, Output(asked.access.form))


def _show_export(asked: Asked, name: str, body: Mapping[str, Any], output: Output) -> None:
    output.document(body)
    output.say(f"{body['status']}: {body.get('artifact') or body.get('failure_reason') or body['location']}")
    if body["status"] == _RUNS:
        again = f"cards exported {name} {body['export_job_name']}{asked.flags}"
        output.say(f"next: {hints.command(again)}")
    if body["status"] == "Failed":
        raise typer.Exit(errors.FAILED)


def delete(asked: Asked, name: str, yes: bool) -> None:
    """Delete a card with all its versions, after asking."""
    output = Output(asked.access.form)
    check_can_ask(yes, output)
    _call(asked, "delete_model_card", {"name": name, "dry_run": True})
    if not yes and not typer.confirm(f"Delete the model card {name} with all its versions?"):
        output.say("Nothing was changed.")
        return
    body = _call(asked, "delete_model_card", {"name": name})
    output.document(body)
    output.say(f"{body['message']}.")


def _call(asked: Asked, operation: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    """Send an operation with the keys that have a value. Raise the client's errors."""
    api = connection.orchestrator_api(asked.access, asked.stack_name)
    given = {key: value for key, value in keys.items() if value not in (None, "")}
    return accepted(api.provision({"pipeline_type": operation, **given}))


def _show_card(body: Mapping[str, Any], output: Output) -> None:
    card = dict(body["message"])
    card["Content"] = json.loads(card.get("Content") or "{}")
    warnings = list(body.get("warnings", ()))
    output.document({"card": card, "warnings": warnings})
    for line in card_text.lines(card):
        output.say(line)
    for warning in warnings:
        output.say(f"warning: {warning}")
