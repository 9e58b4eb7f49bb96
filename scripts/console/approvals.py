# SPDX-License-Identifier: Apache-2.0
"""Who must act: deployments that wait for a decision."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for

from mlops_orchestrator.aws.api_client import OrchestratorApi
from mlops_orchestrator.client import answers
from mlops_orchestrator.client.answers import accepted
from mlops_orchestrator.errors import MlopsError, NotFound
from scripts.console import asked

part: Final = Blueprint("approvals", __name__)
_AT_ONCE: Final = 8


@part.get("/approvals")
def waiting() -> str:
    """Show every approval that waits, the longest first."""
    return render_template("approvals.html", waiting=_waiting())


@part.post("/approvals/<stage>/<path:name>")
def decide(stage: str, name: str) -> Any:
    """Approve or reject; a rejection needs a reason."""
    words = request.form.get("words", "").strip()
    pipeline = asked.pipeline(name)
    try:
        if request.form.get("decision") == "approve":
            pipeline.approve(stage, words)
        elif not words:
            return _again("Give a reason: others will read why it was rejected.", HTTPStatus.BAD_REQUEST)
        else:
            pipeline.reject(stage, words)
    except MlopsError as error:
        return _again(str(error), HTTPStatus.CONFLICT)
    return redirect(url_for("pipelines.show", name=pipeline.id), HTTPStatus.SEE_OTHER)


def _again(trouble: str, status: HTTPStatus) -> Any:
    return render_template("approvals.html", waiting=_waiting(), trouble=trouble), status


def _waiting() -> list[dict[str, Any]]:
    """Return every approval that waits, each with what it changes; these are asked for side by side."""
    api = asked.api()
    each = [one for one in answers.pipelines(api) if one["waiting"]]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        changes = list(pool.map(lambda one: _changes(api, one["pipeline_id"]), each))
    found = (one for pipeline, told in zip(each, changes, strict=True) for one in _each(pipeline, told))
    return sorted(found, key=lambda one: str(one["since"] or ""))


def _each(pipeline: dict[str, Any], changes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for approval in pipeline["waiting"]:
        target = approval["action"].removeprefix("Deploy").lower()
        change = next((one for one in changes if one["stage"] == target), None)
        yield {**approval, "target": target, "pipeline": pipeline, "change": change}


def _changes(api: OrchestratorApi, pipeline_id: str) -> list[dict[str, Any]]:
    """Return what a pipeline's approvals would change; nothing once it is deleted, or from an earlier release."""
    try:
        return list(accepted(api.details(pipeline_id)).get("changes", ()))
    except NotFound:
        return []
