# SPDX-License-Identifier: Apache-2.0
"""`mlops pause` and `mlops resume`: whether anything of a pipeline is done by itself; and what `mlops status` says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_orchestrator.client.answers import accepted
from scripts.cli import connection
from scripts.cli.display.times import minute
from scripts.cli.options import Asked
from scripts.cli.output import Output
from scripts.cli.pipelines.answers import AskedPipeline


def pause(asked: Asked, given: str, reason: str) -> None:
    """Pause a pipeline."""
    _show(asked, accepted(connection.orchestrator_api(asked.access, asked.stack_name).pause(given, reason)))


def resume(asked: Asked, given: str) -> None:
    """Let a pipeline go on by itself."""
    _show(asked, accepted(connection.orchestrator_api(asked.access, asked.stack_name).resume(given)))


def _show(asked: Asked, body: Mapping[str, Any]) -> None:
    output = Output(asked.access.form, asked.access.lines)
    output.say(body["message"])
    output.document(body)


def lines(automation: Mapping[str, Any] | None, pipeline: AskedPipeline) -> Iterator[str]:
    """Yield what a pipeline does by itself, whether it is paused, and its newest step; nothing for another."""
    if not automation:
        return
    yield f"by itself: {', '.join(_keys(automation))}"
    if paused := automation["paused"]:
        reason = f": {paused['reason']}" if paused["reason"] else ""
        yield f"paused since {minute(paused['at'])} by {paused['by'].rpartition('/')[2]}{reason}"
        yield f"  {pipeline.command('resume')}"
    if steps := automation["steps"]:
        newest = steps[0]
        yield f"  {minute(newest['at'])} {newest['step']} {newest['outcome']}: {newest['detail'] or newest['cause']}"


def _keys(automation: Mapping[str, Any]) -> Iterator[str]:
    if automation["retrain"]:
        yield f"has {automation['retrain']['pipeline']} train again"
    if automation["deploy_on_approval"]:
        yield "deploys what is approved"
    if automation["baseline"]:
        yield "its baseline follows the endpoint"
