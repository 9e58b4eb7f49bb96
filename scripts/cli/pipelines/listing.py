# SPDX-License-Identifier: Apache-2.0
"""`mlops list`: all pipelines, their states, and who must act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mlops_orchestrator.aws import pipeline_status
from mlops_orchestrator.client import answers
from mlops_orchestrator.settings import hints
from scripts.cli import connection
from scripts.cli.display.times import minute
from scripts.cli.options import Asked
from scripts.cli.output import Output

_COLUMNS: Final = ("model", "type", "state", "stages", "last execution", "waiting for")


def run(asked: Asked, model_name: str, pipeline_type: str) -> None:
    """List all pipelines, or those of a model or type."""
    output = Output(asked.access.form)
    api = connection.orchestrator_api(asked.access, asked.stack_name)
    pipelines = list(answers.pipelines(api, model_name=model_name, pipeline_type=pipeline_type))
    output.document({"pipelines": pipelines})
    if not pipelines:
        output.say("There are no such pipelines." if model_name or pipeline_type else "There are no pipelines.")
        return
    output.table(_COLUMNS, [_row(pipeline) for pipeline in pipelines])
    for pipeline in pipelines:
        for question in pipeline["waiting"]:
            target = question["action"].removeprefix("Deploy").lower()
            deciding = hints.command(f"approve {pipeline['pipeline_stack_name']} {target}{asked.flags}")
            output.say(f"to decide: {deciding}")


def _row(pipeline: Mapping[str, Any]) -> tuple[str, ...]:
    last = pipeline["last_execution"] or {}
    stages = (f"{stage['name']}: {_status(stage, last)}" for stage in pipeline["stages"])
    started = minute(last.get("started_at"))
    return (
        pipeline["model_name"],
        pipeline["pipeline_type"],
        # An orchestrator of an earlier release tells none.
        "\n".join(filter(None, (pipeline.get("state", ""), pipeline.get("state_reason", "")))),
        "\n".join(stages) or pipeline["stack_status"],
        f"{last['status']} {started}".strip() if last else "",
        "\n".join(f"{question['action']}, since {str(question['since'])[:16]}" for question in pipeline["waiting"]),
    )


def _status(stage: Mapping[str, Any], last: Mapping[str, Any]) -> str:
    # A stage that the last execution has not reached still shows an earlier one.
    return str(stage["status"]) if stage["execution"] == last.get("id") and stage["status"] else pipeline_status.WAITING
