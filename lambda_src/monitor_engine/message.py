# SPDX-License-Identifier: Apache-2.0
"""The message in which a job ends: Model Monitor's sentence, then what was found, within SageMaker's limit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from monitor_engine.results import Result, Violation

LONGEST: Final = 1_024
"""Characters of an exit message."""
_DONE: Final = "Completed: Job completed successfully with no violations."
_VIOLATED: Final = "CompletedWithViolations: Job completed successfully with {} violations."


def of(result: Result) -> str:
    """Return the message of a job that has ended well."""
    number = len(result.violations)
    first = _VIOLATED.format(number) if number else _DONE
    return shortened([first, *(f"{remark}." for remark in result.remarks), *map(_told, result.violations)])


def of_failure(reason: str) -> str:
    """Return the message of a job that has failed."""
    return shortened([f"AlgorithmError: {reason}"])


def shortened(sentences: Sequence[str]) -> str:
    """Return as many sentences as there is room for, and how many are left out."""
    for kept in range(len(sentences), 0, -1):
        left = len(sentences) - kept
        more = [f"{left} more in the report."] if left else []
        text = " ".join([*sentences[:kept], *more])
        if len(text) <= LONGEST:
            return text
    return sentences[0][: LONGEST - 3] + "..."


def _told(violation: Violation) -> str:
    return f"{violation.feature}: {violation.check}: {violation.description.removesuffix('.')}."
