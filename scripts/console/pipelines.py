# SPDX-License-Identifier: Apache-2.0
"""Pipelines on the page: the list, and each with its history, its outputs, a trial of its model, and its deletion."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from botocore.exceptions import ClientError
from flask import Blueprint, redirect, render_template, request, url_for

from mlops_orchestrator.client import answers, executions
from mlops_orchestrator.client.executions import Runs
from mlops_orchestrator.client.pipelines import Pipeline
from mlops_orchestrator.errors import MlopsError
from scripts.console import asked, payloads
from scripts.console.asked import HERE, Wanted

part: Final = Blueprint("pipelines", __name__)
_SECONDS: Final = 5
"""Between two looks of the page at what it shows."""
_SECONDS_OF_SEARCHES: Final = 30
_STATES: Final = ("Deploying", "Waiting for approval", "Running", "Succeeded", "Failed", "Unhealthy")
_PLACES: Final = ("dev", "staging", "prod", HERE)
_MOST_EXPLAINED: Final = 20
"""Executions, the newest, of which those that failed say why."""


@part.get("/")
def table() -> str:
    """Show pipelines, and where the next ones begin."""
    asked_for = Wanted.of(request.args)
    found = asked.listed(asked_for, request.args.get("next", ""))
    further = {**asked_for.query(), "next": found.following} if found.following else {}
    return render_template(
        "pipelines.html",
        pipelines=found.pipelines,
        wanted=asked_for,
        states=_STATES,
        places=_PLACES,
        types=[] if _renews_itself() else asked.types(),
        seconds=_SECONDS if found.pages == 1 else _SECONDS_OF_SEARCHES,
        further=f"{url_for('.table')}?{urlencode(further)}" if further else "",
    )


@part.get("/pipelines/<path:name>")
def show(name: str) -> str:
    """Show all of a pipeline."""
    return _shown(asked.pipeline(name))


@part.post("/predictions/<path:name>")
def predict(name: str) -> Any:
    """Ask the deployed model, and show its answer beside the pipeline."""
    pipeline = asked.pipeline(name)
    payload = request.form.get("payload", "")
    try:
        answer = pipeline.predict(payload, request.form.get("content_type") or None)
    except MlopsError as error:
        return _shown(pipeline, payload=payload, trouble=str(error)), HTTPStatus.BAD_GATEWAY
    return _shown(pipeline, payload=payload, answer=answer)


@part.get("/deletions/<path:name>")
def ask_deletion(name: str) -> str:
    """Show what a deletion takes away and what stays, and ask."""
    return render_template("deletion.html", details=asked.pipeline(name).status().details)


@part.post("/deletions/<path:name>")
def delete(name: str) -> Any:
    """Begin the deletion; the name of the pipeline has to be typed, as a mistake cannot be taken back."""
    pipeline = asked.pipeline(name)
    if request.form.get("confirmation", "").strip() != pipeline.name:
        details = pipeline.status().details
        return render_template("deletion.html", details=details, trouble=True), HTTPStatus.BAD_REQUEST
    pipeline.delete(wait=False)
    return redirect(url_for(".table"), HTTPStatus.SEE_OTHER)


def _renews_itself() -> bool:
    """Whether a part of a page that is there asks for itself alone."""
    return "HX-Request" in request.headers


def _shown(pipeline: Pipeline, **trial: Any) -> str:
    """Show a pipeline; what does not change by itself is left out where the page renews the rest."""
    status = pipeline.status()
    told = {"status": status, "details": status.details, "runs": Runs(), "reasons": {}, "hidden": "", **trial}
    if not _renews_itself():
        told.update(_history(pipeline, status.execution.pipeline))
        model = status.details["model_name"]
        of_model = list(answers.pipelines(asked.api(), model_name=model)) if model else []
        told["others"] = [one for one in of_model if one["pipeline_id"] != pipeline.id]
        if status.details["endpoint"] and "payload" not in trial:
            told["prepared"] = payloads.prepared(asked.api(), of_model)
    return render_template("pipeline.html", **told)


def _history(pipeline: Pipeline, name: str) -> dict[str, Any]:
    """Return the executions with why they failed, or why the caller does not see that."""
    codepipeline = asked.api().client.aws.client("codepipeline")
    try:
        runs = pipeline.runs()
        failed = [one.id for one in runs[:_MOST_EXPLAINED] if one.status == "Failed"]
        return {"runs": runs, "reasons": {one: executions.failure(codepipeline, name, one) for one in failed}}
    except ClientError as error:
        return {"hidden": str(error)}
