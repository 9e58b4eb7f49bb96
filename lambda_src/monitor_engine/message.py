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


def status_of(result: Result) -> str:
    """Return how a run has ended, in the word with which its message begins."""
    return "CompletedWithViolations" if result.violations else "Completed"


def of(result: Result, warnings: Sequence[str] = ()) -> str:
    """Return the message of a job that has ended well; `warnings` say what beside the analysis has not."""
    number, remarks = len(result.violations), [f"{remark}." for remark in result.remarks]
    first = _VIOLATED.format(number) if number else _DONE
    if result.is_idle:
        first, remarks = f"{status_of(result)}: {remarks[0]}", remarks[1:]
    first = " ".join([first, *(f"{warning}." for warning in warnings)])
    return shortened(first, [_told(violation) for violation in result.violations], remarks)


def of_failure(reason: str) -> str:
    """Return the message of a job that has failed; SageMaker puts `AlgorithmError: ` before it."""
    return shortened(reason)


def shortened(first: str, findings: Sequence[str] = (), remarks: Sequence[str] = ()) -> str:
    """Return as many sentences as there is room for, the remarks before the findings, and how many are left out."""
    for told in range(len(remarks), -1, -1):
        for kept in range(len(findings), -1, -1):
            left = len(findings) - kept + len(remarks) - told
            more = [f"{left} more in the report."] if left else []
            text = " ".join([first, *findings[:kept], *more, *remarks[:told]])
            if len(text) <= LONGEST:
                return text
    return first[: LONGEST - 3] + "..."


def _told(violation: Violation) -> str:
    if violation.brief:
        return f"{violation.feature}: {violation.check} {violation.brief}."
    return f"{violation.feature}: {violation.check}: {violation.description.removesuffix('.')}."
