# SPDX-License-Identifier: Apache-2.0
"""Monitors on the page: each with its health, its runs over time, what they found, and their reports."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request, url_for

from mlops_orchestrator.client import answers
from mlops_orchestrator.errors import MlopsError
from scripts.console import asked
from scripts.console.guard import DOCUMENT_POLICY

part: Final = Blueprint("monitors", __name__)
_TYPE: Final = "_monitor"
_RUNS: Final = 50


@part.get("/monitors")
def table() -> str:
    """Show every pipeline of a monitor."""
    found = [one for one in answers.pipelines(asked.api()) if one["pipeline_type"].endswith(_TYPE)]
    return render_template("monitors.html", monitors=found)


@part.get("/monitors/<path:name>")
def show(name: str) -> str:
    """Show the runs of a monitor, and one of them: that of the query, else the newest."""
    return _shown(name)


@part.post("/monitors/<path:name>")
def run(name: str) -> Any:
    """Start a run of the last period now."""
    try:
        asked.pipeline(name).run_monitor()
    except MlopsError as error:
        return _shown(name, trouble=str(error)), HTTPStatus.CONFLICT
    return redirect(url_for(".show", name=name), HTTPStatus.SEE_OTHER)


@part.get("/reports/<run_id>/<path:name>")
def report(run_id: str, name: str) -> Response:
    """Show the report of a run, which may do nothing but be read."""
    page = asked.pipeline(name).monitor_run(run_id).report()
    return Response(
        page.html, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": DOCUMENT_POLICY}
    )


def _shown(name: str, trouble: str = "") -> str:
    pipeline = asked.pipeline(name)
    runs = pipeline.monitor_runs(_RUNS)
    wanted = request.args.get("run", "")
    chosen = next((one for one in runs if one.id == wanted), runs[0] if runs else None)
    return render_template("monitor.html", pipeline=pipeline, runs=runs, chosen=chosen, trouble=trouble)
