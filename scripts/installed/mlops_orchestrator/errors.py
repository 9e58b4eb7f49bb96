# SPDX-License-Identifier: Apache-2.0
"""Errors of the client: what is wrong, in the orchestrator's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """A problem with a request: the key as it was sent, empty for the whole, and what would be right."""

    key: str
    problem: str

    def __str__(self) -> str:
        return f"{self.key}: {self.problem}" if self.key else self.problem


class MlopsError(Exception):
    """Base of all errors of the client."""

    def __init__(
        self,
        message: str,
        *,
        problems: Sequence[Problem] = (),
        status: int | None = None,
        request_id: str = "",
        detail: str = "",
    ) -> None:
        under = f"request id: {request_id}" if request_id else ""
        super().__init__("\n  ".join(filter(None, [message, *map(str, problems), detail, under])))
        self.message = message
        """What happened, in a sentence."""
        self.problems = tuple(problems)
        """Every problem of a request."""
        self.status = status
        """HTTP status of the API; None if it was not the API that answered."""
        self.request_id = request_id
        """What the orchestrator's log has it under; empty if nothing is logged."""
        self.detail = detail
        """What AWS said, if the operator allows details."""


class RequestRefused(MlopsError):
    """The request is wrong: `problems` has every problem, and nothing was created."""


class NotFound(MlopsError):
    """What was named does not exist."""


class Failed(MlopsError):
    """The call, or what was waited for, failed."""


class TimedOut(MlopsError, TimeoutError):
    """What was waited for has not ended in time. It goes on."""
