# SPDX-License-Identifier: Apache-2.0
"""What SageMaker refuses because of what the caller asked for becomes the caller's 400, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from orchestrator.errors import Problem, RefusedRequestError, ServiceRefusedError

UNKNOWN: Final = "ResourceNotFound"
INVALID: Final = "ValidationException"
CONFLICT: Final = "ConflictException"


@contextmanager
def refusing(key: str, by_code: Mapping[str, str]) -> Iterator[None]:
    """Raise `RefusedRequestError` for a key when the service refuses a call inside for one of these reasons.

    `by_code` maps an error code to a sentence, into which `{reason}` puts the service's own words.
    """
    try:
        yield
    except ServiceRefusedError as refused:
        sentence = by_code.get(refused.code)
        if sentence is None:
            raise
        raise RefusedRequestError([Problem(key, sentence.format(reason=refused.reason))]) from refused


def absent(what: str) -> dict[str, str]:
    """The sentences for the name of something that there is not, e.g. `training job`."""
    return {UNKNOWN: f"there is no such {what}: {{reason}}", INVALID: "SageMaker refuses it: {reason}"}
