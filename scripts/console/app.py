# SPDX-License-Identifier: Apache-2.0
"""The page as an application of Flask: its parts, its looks, and errors in words."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from flask import Flask, render_template
from werkzeug.exceptions import HTTPException

from mlops_orchestrator.aws import aws_access
from mlops_orchestrator.aws.api_client import OrchestratorApi
from mlops_orchestrator.errors import MlopsError, NotFound, RequestRefused
from scripts.console import approvals, asked, looks, mail, monitors, pipelines, requests
from scripts.console.guard import Guard
from scripts.console.models import cards, registry

_PARTS: Final = (pipelines.part, approvals.part, monitors.part, registry.part, cards.part, requests.part, mail.part)
_STATUSES: Final = {NotFound: HTTPStatus.NOT_FOUND, RequestRefused: HTTPStatus.BAD_REQUEST}
"""Of errors that do not come from the API, which gives its own."""


def make(api: OrchestratorApi, guard: Guard) -> Flask:
    """Return the page of an orchestrator."""
    app = Flask("scripts.console")
    app.config[asked.KEY] = api
    guard.watch(app)
    for part in _PARTS:
        app.register_blueprint(part)
    looks.install(app)
    app.context_processor(lambda: {"aws": api.client.aws})
    for kind, told in (
        (MlopsError, _failed),
        (ClientError, _not_allowed),
        (BotoCoreError, _unreachable),
        (HTTPException, _wrong),
    ):
        app.register_error_handler(kind, told)
    return app


def _failed(error: MlopsError) -> Any:
    otherwise = next((status for kind, status in _STATUSES.items() if isinstance(error, kind)), HTTPStatus.BAD_GATEWAY)
    return _page(error.status or otherwise, error.message, [str(one) for one in error.problems])


def _not_allowed(error: ClientError) -> Any:
    code, words = error.response["Error"]["Code"], error.response["Error"]["Message"]
    status = HTTPStatus.FORBIDDEN if aws_access.is_denied(error) else HTTPStatus.BAD_GATEWAY
    return _page(status, f"AWS answered {code} to {error.operation_name}.", [words])


def _unreachable(error: BotoCoreError) -> Any:
    return _page(HTTPStatus.BAD_GATEWAY, "AWS cannot be reached.", [str(error)])


def _wrong(error: HTTPException) -> Any:
    return _page(error.code or HTTPStatus.INTERNAL_SERVER_ERROR, error.name, [str(error.description)])


def _page(status: int, title: str, details: list[str]) -> Any:
    return render_template("error.html", title=title, details=details), status
