# SPDX-License-Identifier: Apache-2.0
"""Translation of SageMaker's refusals that the request caused into 400 responses."""

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

    `by_code` maps an error code to a sentence, in which `{reason}` is replaced by the service's reason.
    """
    try:
        yield
    except ServiceRefusedError as refused:
        sentence = by_code.get(refused.code)
        if sentence is None:
            raise
        raise RefusedRequestError([Problem(key, sentence.format(reason=refused.reason))]) from refused


def absent(what: str) -> dict[str, str]:
    """Return the sentences for a name that does not exist, e.g. of a `training job`."""
    return {UNKNOWN: f"there is no such {what}: {{reason}}", INVALID: "SageMaker refuses it: {reason}"}
