# SPDX-License-Identifier: Apache-2.0
"""`mlops pipeline-types list`, `new` and `remove`: the types that a deployed orchestrator accepts."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any, Final

import typer

from mlops_orchestrator.aws.api_client import OrchestratorApi
from mlops_orchestrator.client import answers
from mlops_orchestrator.settings import hints
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.custom import names
from scripts.cli import connection
from scripts.cli.asking import check_can_ask
from scripts.cli.errors import WrongUseError
from scripts.cli.launching.orchestrators import Deployed
from scripts.cli.options import Asked
from scripts.cli.output import Output
from scripts.pipeline_types import publishing, starters

_COLUMNS: Final = ("pipeline type", "source", "target", "version", "state", "summary")


def list_types(asked: Asked) -> None:
    """List all types, built-in ones first."""
    output = Output(asked.access.form)
    api = connection.orchestrator_api(asked.access, asked.stack_name)
    found = list(answers.pipeline_types(api))
    output.document({"pipeline_types": found})
    output.table(_COLUMNS, [_row(one) for one in found])


def new(asked: Asked, name: str) -> None:
    """Print a first request of a type that the orchestrator has."""
    output = Output(asked.access.form)
    api = connection.orchestrator_api(asked.access, asked.stack_name)
    described = answers.accepted(api.pipeline_type(name))
    request = starters.starter(described["request_schema"], described.get("example"))
    sys.stdout.write(f"{json.dumps(request, indent=None if output.as_json else 2)}\n")
    sys.stdout.flush()


def remove(asked: Asked, name: str, yes: bool) -> None:
    """Withdraw a type; its pipelines stay, and are listed."""
    output = Output(asked.access.form)
    check_can_ask(yes, output)
    if name in BUILT_IN.names():
        raise WrongUseError(f"{name} is a built-in pipeline type: only those that were added can be removed")
    reached = connection.aws(asked.access)
    deployed = Deployed.of(reached, connection.stack_name(asked.access, asked.stack_name))
    s3 = reached.client("s3")
    # A text that cannot be a name is not looked up: it could be part of another key.
    before = publishing.current(name, s3, deployed.pipelines_bucket) if names.is_well_formed(name) else None
    if before is None:
        raise WrongUseError(
            f"there is no pipeline type {name} that was added;"
            f" `{hints.command(f'pipeline-types list{asked.flags}')}` shows all"
        )
    living = list(answers.pipelines(_api(asked, deployed), pipeline_type=name))
    output.table(
        ("stays", ""), [(one["pipeline_stack_name"], one["stack_status"]) for one in living], f"Withdraw {name}"
    )
    if not yes and not typer.confirm("Take no more requests of this type?"):
        output.say("Nothing was changed.")
        return
    _tell(output, name, publishing.withdraw(name, s3, deployed.pipelines_bucket), living)
    for one in living:
        deleting = hints.command(f"delete {one['pipeline_stack_name']}{asked.flags}")
        output.say(f"to delete it: {deleting}")


def _tell(output: Output, name: str, is_changed: bool, living: list[dict[str, Any]]) -> None:
    message = (
        f"The pipeline type {name} is withdrawn: new requests are refused."
        if is_changed
        else f"The pipeline type {name} was withdrawn before; nothing was changed."
    )
    pipelines = [one["pipeline_stack_name"] for one in living]
    output.document({"message": message, "pipeline_type": name, "changed": is_changed, "pipelines": pipelines})
    output.say(message)
    if living:
        output.say("Its pipelines go on as they are; they can be listed, looked at and deleted.")


def _api(asked: Asked, deployed: Deployed) -> OrchestratorApi:
    """Return the API of the orchestrator of that stack, whatever the environment names."""
    return connection.orchestrator_api(asked.access, deployed.name)


def _row(one: Mapping[str, Any]) -> tuple[str, ...]:
    if "problem" in one:
        return (one["pipeline_type"], "custom", "", "", "broken", one["problem"])
    state = "withdrawn" if one["withdrawn"] else "ready"
    return (one["pipeline_type"], one["source"], one["target"], one["version"], state, one["summary"])
