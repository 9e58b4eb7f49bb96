# SPDX-License-Identifier: Apache-2.0
"""What a check found, and what mends it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from botocore.exceptions import ClientError

from mlops_orchestrator.aws import aws_access

State = Literal["ok", "wrong", "unknown"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    check: str
    """What was looked at, such as `account 111122223333 of dev`."""
    state: State
    """`unknown` for what the caller may not look at."""
    words: str
    commands: tuple[str, ...] = field(default=())
    """Commands that mend it, or that somebody else may look with."""

    def description(self) -> dict[str, object]:
        """Return the finding as JSON output has it."""
        return {"check": self.check, "state": self.state, "words": self.words, "commands": list(self.commands)}


class UnseenError(Exception):
    """Raised for what the caller may not look at; `str()` gives AWS's words."""


@contextmanager
def looking() -> Iterator[None]:
    """Raise `UnseenError` where AWS refuses a look; other errors of AWS pass."""
    try:
        yield
    except ClientError as error:
        if aws_access.is_denied(error):
            raise UnseenError(error.response["Error"].get("Message", "")) from error
        raise
