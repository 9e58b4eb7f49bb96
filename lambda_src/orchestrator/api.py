# SPDX-License-Identifier: Apache-2.0
"""The function behind the API and the configuration bucket: parse, route, answer.

The only place where errors become responses. Every answer is JSON (design section 9). The routing is a dictionary:
Powertools' resolver was measured to cost a third of the time to the first answer.
"""

from __future__ import annotations

import base64
import binascii
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from orchestrator import config_uploads, documents, service, settings
from orchestrator.errors import OrchestratorError, Problem, RefusedRequest, ServiceRefused
from orchestrator.settings import Settings

logger = Logger(service="orchestrator")

Serve = Callable[[Any, Settings], dict[str, Any]]
_ROUTES: Final[dict[tuple[str, str], Serve]] = {
    ("POST", "/provisionpipeline"): service.provision_pipeline,
    ("POST", "/pipelinestatus"): service.pipeline_status,
}


@dataclass(frozen=True)
class Call:
    """What matters of an API Gateway proxy event (payload format 1.0).

    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    """

    method: str
    path: str
    caller: str
    body: str | bytes | None

    @classmethod
    def of(cls, event: dict[str, Any]) -> Call:
        """Read the event; raises `RefusedRequest` for a body that is not base64 although the event says so."""
        identity = event.get("requestContext", {}).get("identity", {})
        body = event.get("body")
        if body and event.get("isBase64Encoded"):
            body = _decoded(body)
        return cls(event.get("httpMethod", ""), event.get("path", ""), identity.get("userArn") or "", body)


def _decoded(body: str) -> bytes:
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise RefusedRequest([Problem("", "the body is not valid base64")]) from error


@functools.cache
def _settings() -> Settings:
    return settings.read()


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Entry point. EventBridge delivers configuration uploads; everything else is an API Gateway proxy event."""
    logger.append_keys(request_id=context.aws_request_id)
    if event.get("source") == config_uploads.EVENT_SOURCE:
        return config_uploads.handle(event, _settings())
    try:
        return _answer(Call.of(event))
    except RefusedRequest as refused:
        return _refused(refused)
    except OrchestratorError as error:
        return _failed(error, context)
    except Exception as error:
        # The edge: whatever it is, the caller gets an answer and the log the reason.
        return _unexpected(error, context)


def _answer(call: Call) -> dict[str, Any]:
    logger.info("call", extra={"method": call.method, "path": call.path, "caller": call.caller})
    serve = _ROUTES.get((call.method, call.path))
    if serve is None:
        routes = ", ".join(" ".join(route) for route in _ROUTES)
        message = f"There is no {call.method} {call.path}. The routes are {routes}."
        return _response(HTTPStatus.NOT_FOUND, {"message": message})
    return _response(HTTPStatus.OK, serve(documents.read(call.body), _settings()))


def _refused(refused: RefusedRequest) -> dict[str, Any]:
    listed = [{"key": problem.key, "problem": problem.problem} for problem in refused.problems]
    logger.info("refused", extra={"problems": len(listed)})
    return _response(refused.status, {"message": str(refused), "errors": listed})


def _failed(error: OrchestratorError, context: LambdaContext) -> dict[str, Any]:
    detail = error.detail if isinstance(error, ServiceRefused) else ""
    logger.warning("failed", extra={"error": str(error), "detail": detail}, exc_info=True)
    return _response(error.status, {"message": str(error), **_server_side(detail, context)})


def _unexpected(error: Exception, context: LambdaContext) -> dict[str, Any]:
    logger.exception("unexpected")
    message = "An unexpected server-side error occurred; the log has it under the request id."
    detail = f"{type(error).__name__}: {error}"
    return _response(HTTPStatus.INTERNAL_SERVER_ERROR, {"message": message, **_server_side(detail, context)})


def _server_side(detail: str, context: LambdaContext) -> dict[str, str]:
    shown = {"detailedMessage": detail} if detail and _settings().allow_detailed_error_message else {}
    return {"request_id": context.aws_request_id, **shown}


def _response(status: HTTPStatus, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "statusCode": int(status),
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body, indent=4, default=_as_json),
        "isBase64Encoded": False,
    }


def _as_json(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
