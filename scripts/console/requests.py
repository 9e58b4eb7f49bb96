# SPDX-License-Identifier: Apache-2.0
"""A new pipeline: a form for each type, every problem at its field, the plan before it is sent."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for

from mlops_orchestrator.client import answers
from mlops_orchestrator.client.answers import accepted
from mlops_orchestrator.errors import RequestRefused
from scripts.console import asked, forms

part: Final = Blueprint("requests", __name__)


@part.get("/new")
def choose() -> str:
    """Show the types that take requests."""
    usable = [one for one in answers.pipeline_types(asked.api()) if not one.get("withdrawn") and not one.get("problem")]
    return render_template("new.html", types=usable)


@part.get("/new/<pipeline_type>")
def fill_in(pipeline_type: str) -> str:
    """Show the form of a type, filled in as the request `of` a pipeline was."""
    details = accepted(asked.api().pipeline_type(pipeline_type))
    declared, of = forms.fields(details), request.args.get("of", "")
    sent = asked.pipeline(of).status().details.get("request") if of else None
    typed = forms.typed(sent or {}, declared)
    return render_template("request.html", details=details, fields=declared, typed=typed, problems={})


@part.post("/new/<pipeline_type>")
def send(pipeline_type: str) -> Any:
    """Show the plan of what was typed, or send it once the plan was seen."""
    details = accepted(asked.api().pipeline_type(pipeline_type))
    declared, typed = forms.fields(details), request.form
    body = forms.body(pipeline_type, declared, typed)
    shown = {"details": details, "fields": declared, "typed": typed, "body": body}
    try:
        answer = accepted(asked.api().provision({**body, "dry_run": True}))
        if "send" in typed:
            sent = accepted(asked.api().provision(body))
            return redirect(url_for("pipelines.show", name=sent["pipeline_id"]), HTTPStatus.SEE_OTHER)
    except RequestRefused as refused:
        problems = forms.by_field(refused.problems, declared) or {"": [refused.message]}
        return render_template("request.html", **shown, problems=problems), HTTPStatus.BAD_REQUEST
    return render_template("request.html", **shown, problems={}, answer=answer)
