# SPDX-License-Identifier: Apache-2.0
"""Answers of the API as JSON schemas of the types that handlers return (`orchestrator/answers/`)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, get_type_hints

from generator.reference.openapi_schemas import Components, Schema
from orchestrator import answers, on_demand
from orchestrator.routes import Route

_OF_GATEWAY: Final[Schema] = {
    "type": "object",
    "description": "An answer of API Gateway itself: not signed, not allowed, or too many calls.",
}
_PROBLEMS: Final[Mapping[HTTPStatus, tuple[type | None, str]]] = {
    HTTPStatus.BAD_REQUEST: (answers.Refused, "The request is wrong."),
    HTTPStatus.FORBIDDEN: (None, "The call is not signed, or its signer may not make it."),
    HTTPStatus.NOT_FOUND: (answers.Failed, "There is no such pipeline, or pipeline type."),
    HTTPStatus.CONFLICT: (
        answers.Failed,
        "It does not fit the pipeline as it is, or something else is changing the same thing: the message says which.",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (answers.Refused, "The body is longer than any request."),
    HTTPStatus.TOO_MANY_REQUESTS: (None, "Too many calls: repeat it later."),
    HTTPStatus.INTERNAL_SERVER_ERROR: (answers.Failed, "An error of the orchestrator."),
    HTTPStatus.BAD_GATEWAY: (answers.Failed, "AWS refused a call: repeating the request completes the work."),
    HTTPStatus.SERVICE_UNAVAILABLE: (answers.Failed, "AWS is busy: repeat the request."),
}
"""The type of the body, which is none of ours where API Gateway answers, and what happened."""
_OF_EVERY_CALL: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


def problems(components: Components) -> Schema:
    """The answers that report problems, by status."""
    of_gateway = components.put("GatewayAnswer", _OF_GATEWAY)
    return {
        str(int(status)): _answer(text, components.add_answer(body) if body else of_gateway)
        for status, (body, text) in _PROBLEMS.items()
    }


def of_route(route: Route, components: Components) -> Schema:
    """The answers of a route: that of success, those of every call, and others that it has."""
    refusals = (str(int(status)) for status in sorted((*_OF_EVERY_CALL, *route.refusals)))
    return {
        str(int(route.status)): _answer(route.answer, components.add_answer(_returned(route.handler))),
        **{status: {"$ref": f"#/components/responses/{status}"} for status in refusals},
    }


def _returned(handler: str) -> Any:
    """Return type of a handler. Its module imports the types of answers for type checkers alone."""
    function = on_demand.function(handler)
    return get_type_hints(function, {**function.__globals__, "answers": answers})["return"]


def _answer(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
