# SPDX-License-Identifier: Apache-2.0
"""Pipelines on the page: the list, and each with its history, its outputs, a trial of its model, and its deletion."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from botocore.exceptions import ClientError
from flask import Blueprint, redirect, render_template, request, url_for

from mlops_orchestrator.client import answers
from mlops_orchestrator.client.executions import Runs
from mlops_orchestrator.client.pipelines import Pipeline
from mlops_orchestrator.errors import MlopsError
from scripts.console import asked

part: Final = Blueprint("pipelines", __name__)
_STATES: Final = ("Deploying", "Waiting for approval", "Running", "Succeeded", "Failed", "Unhealthy")
_FILTERS: Final = ("model_name", "pipeline_type")


@part.get("/")
def table() -> str:
    """Show a page of the pipelines, and where the next one begins."""
    filters = {name: request.args.get(name, "").strip() for name in _FILTERS}
    state = request.args.get("state", "")
    page = asked.listed(request.args.get("next", ""), **filters)
    found = [one for one in page["pipelines"] if state in ("", one.get("state"))]
    chosen = {**filters, "state": state}
    following = {**chosen, "next": page["next"]} if "next" in page else {}
    return render_template(
        "pipelines.html",
        pipelines=found,
        chosen=chosen,
        states=_STATES,
        types=_types(),
        further=f"{url_for('.table')}?{urlencode(following)}" if following else "",
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


def _types() -> list[str]:
    """Return what the list may be narrowed to; a page that renews itself takes its list alone."""
    if "HX-Request" in request.headers:
        return []
    return [one["pipeline_type"] for one in answers.pipeline_types(asked.api())]


def _shown(pipeline: Pipeline, **trial: Any) -> str:
    status = pipeline.status()
    runs, hidden = _history(pipeline)
    return render_template("pipeline.html", status=status, details=status.details, runs=runs, hidden=hidden, **trial)


def _history(pipeline: Pipeline) -> tuple[Runs, str]:
    """Return the executions, or why the caller does not see them."""
    try:
        return pipeline.runs(), ""
    except ClientError as error:
        return Runs(), str(error)
