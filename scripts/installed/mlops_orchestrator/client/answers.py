# SPDX-License-Identifier: Apache-2.0
"""Answers of APIs as results or errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from mlops_orchestrator.aws import pipeline_status
from mlops_orchestrator.aws.api_client import Answer, OrchestratorApi
from mlops_orchestrator.errors import Failed, MlopsError, NotFound, Problem, RequestRefused

_ERRORS: Final[Mapping[int, type[MlopsError]]] = {
    HTTPStatus.BAD_REQUEST: RequestRefused,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: RequestRefused,
    HTTPStatus.NOT_FOUND: NotFound,
}
_PAGE: Final = 50
NOTHING_TO_DO: Final = "No updates are to be performed"
"""Part of the API's message for a request that changes nothing (compatibility 2.2)."""


def accepted(answer: Answer) -> dict[str, Any]:
    """Return the body of a success. Raise RequestRefused, NotFound or Failed."""
    if answer.is_success:
        return answer.body
    body = answer.body
    problems = [Problem(str(one.get("key", "")), str(one.get("problem", ""))) for one in body.get("errors", ())]
    # What API Gateway answers by itself may have `Message`.
    raise _ERRORS.get(answer.status, Failed)(
        str(body.get("message") or body.get("Message") or f"The API answered {answer.status}."),
        problems=problems,
        status=answer.status,
        request_id=str(body.get("request_id", "")),
        detail="" if problems else str(body.get("detailedMessage", "")),
    )


def pipelines(api: OrchestratorApi, **filters: str) -> Iterator[dict[str, Any]]:
    """Yield the pipelines of all pages, each once, even if a deletion in between causes one to be listed twice."""
    told = set[str]()
    for pipeline in _of_pages("pipelines", partial(api.list, **filters)):
        if pipeline["pipeline_id"] not in told:
            told.add(pipeline["pipeline_id"])
            yield pipeline


def pipeline_types(api: OrchestratorApi) -> Iterator[dict[str, Any]]:
    """Yield the pipeline types of all pages."""
    return _of_pages("pipeline_types", api.pipeline_types)


def runs(api: OrchestratorApi, pipeline_id: str, page: int = _PAGE) -> Iterator[dict[str, Any]]:
    """Yield the runs of a monitor, the newest first; `page` is how many are asked for at once."""
    return _of_pages("runs", partial(api.runs, pipeline_id), page)


def _of_pages(name: str, page: Callable[..., Answer], size: int = _PAGE) -> Iterator[dict[str, Any]]:
    following = ""
    while True:
        body = accepted(page(limit=size, next=following))
        yield from body[name]
        following = body.get("next", "")
        if not following:
            return


def newest_execution(api: OrchestratorApi, stack_name: str) -> str | None:
    """Return the newest execution of the pipeline of a stack; None if there is none yet."""
    answer = api.status(stack_name)
    return pipeline_status.read(answer.body).execution or None if answer.is_success else None
