# SPDX-License-Identifier: Apache-2.0
"""Who must act: deployments that wait for a decision."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for

from mlops_orchestrator.client import answers
from mlops_orchestrator.errors import MlopsError
from scripts.console import asked

part: Final = Blueprint("approvals", __name__)


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
    return sorted(_each(), key=lambda one: str(one["since"] or ""))


def _each() -> Iterator[dict[str, Any]]:
    for pipeline in answers.pipelines(asked.api()):
        for approval in pipeline["waiting"]:
            target = approval["action"].removeprefix("Deploy").lower()
            yield {**approval, "target": target, "pipeline": pipeline}
