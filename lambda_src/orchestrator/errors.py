# SPDX-License-Identifier: Apache-2.0
"""Errors with their HTTP status. They are raised anywhere and become a response only at the edge (`api.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import ClassVar, Final

MOST_LISTED: Final = 100
"""Problems in one response, which Lambda limits to 6 MB."""
_LONGEST_KEY: Final = 200
"""Characters of a key in a response."""


@dataclass(frozen=True)
class Problem:
    """A problem with a request: the key as the caller wrote it, and what would be right."""

    key: str
    problem: str

    def __str__(self) -> str:
        return f"{self.key}: {self.problem}" if self.key else self.problem


class OrchestratorError(Exception):
    """Base of all errors that have a response; `str()` is the response's `message`."""

    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR


class RefusedRequestError(OrchestratorError):
    """The request is wrong. Every problem is listed, and nothing was created."""

    status = HTTPStatus.BAD_REQUEST

    def __init__(self, problems: Sequence[Problem]) -> None:
        count = len(problems)
        self.summary = f"Bad request: {count} problem{'' if count == 1 else 's'}."
        super().__init__(f"{self.summary} Nothing was created.")
        self.problems = tuple(problems)

    @property
    def listed(self) -> tuple[Problem, ...]:
        """The problems shown in a response: the first hundred, with long keys cut."""
        shown = tuple(replace(found, key=_cut(found.key)) for found in self.problems[:MOST_LISTED])
        more = len(self.problems) - len(shown)
        return (*shown, Problem("", f"there are {more} problems more: correct these first")) if more else shown


def _cut(key: str) -> str:
    return key if len(key) <= _LONGEST_KEY else f"{key[:_LONGEST_KEY]}..."


class NotFoundError(OrchestratorError):
    """The resource that the caller names does not exist."""

    status = HTTPStatus.NOT_FOUND


class RequestTooLargeError(RefusedRequestError):
    """The body is longer than any request can be and was not read."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class ConflictError(OrchestratorError):
    """Another operation is changing the same pipeline; the same call will succeed later."""

    status = HTTPStatus.CONFLICT


class UnfitStateError(OrchestratorError):
    """What is asked for does not fit the pipeline as it is; the message says what would."""

    status = HTTPStatus.CONFLICT


class ServiceRefusedError(OrchestratorError):
    """An AWS service refused or failed a call of the orchestrator; repeating the request completes the work."""

    status = HTTPStatus.BAD_GATEWAY

    def __init__(self, doing: str, code: str, reason: str) -> None:
        super().__init__(f"AWS did not {doing}. Repeat the request; what was done already is kept.")
        self.doing = doing
        self.code = code
        self.reason = reason

    @property
    def detail(self) -> str:
        """The service's code and reason: for the log, and for the caller where the operator allows it."""
        return f"{self.code}: {self.reason}"


class ServiceBusyError(ServiceRefusedError):
    """The AWS service is throttling or unavailable."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
