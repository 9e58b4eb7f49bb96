# SPDX-License-Identifier: Apache-2.0
"""`mlops events`: what happened to a pipeline, or to all of them, in the order of time."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any, Final

from mlops_orchestrator.aws.api_client import OrchestratorApi
from mlops_orchestrator.client.answers import accepted, pipelines
from scripts.cli import connection
from scripts.cli.errors import WrongUseError
from scripts.cli.everyday.history import Event, History
from scripts.cli.everyday.log_reading import start_of
from scripts.cli.options import Asked
from scripts.cli.output import Output
from scripts.cli.pipelines import answers

_COLUMNS: Final = ("time", "pipeline", "what", "state", "")


def run(asked: Asked, given: str, every: bool, since: str) -> None:
    """Show the events; `given` is empty for all pipelines. Raise WrongUseError for neither and both."""
    if every == bool(given):
        raise WrongUseError("name a pipeline, or give --all")
    output = Output(asked.access.form)
    start = datetime.fromtimestamp(start_of(since, time.time()) / 1000, UTC) if since else None
    api = connection.orchestrator_api(asked.access, asked.stack_name)
    found, hidden = list[tuple[Event, str]](), list[str]()
    for details in _asked(api, asked, given, output):
        history = History(api.client.aws, details)
        name = details.get("short_name") or details["pipeline_stack_name"]
        found += [(event, name) for event in history.events() if start is None or event.at >= start]
        hidden += [f"{name}: {reason}" for reason in history.hidden]
    found.sort(key=lambda one: one[0].at)
    _show(found, hidden, output)


def _asked(api: OrchestratorApi, asked: Asked, given: str, output: Output) -> list[dict[str, Any]]:
    named = [answers.find(asked, given, output).id] if given else []
    ids = named or [pipeline["pipeline_id"] for pipeline in pipelines(api)]
    return [accepted(api.details(each)) for each in ids]


def _show(found: list[tuple[Event, str]], hidden: list[str], output: Output) -> None:
    output.document({"events": [event.description(name) for event, name in found], "not_shown": hidden})
    if found:
        rows = [(f"{one.at:%Y-%m-%d %H:%M:%S}", name, one.what, one.state, one.detail) for one, name in found]
        output.table(_COLUMNS, rows)
    else:
        output.say("Nothing happened in that time.")
    for reason in hidden:
        output.say(f"not shown: {reason}")
