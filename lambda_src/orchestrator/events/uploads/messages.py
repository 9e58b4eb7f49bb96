# SPDX-License-Identifier: Apache-2.0
"""Message about an uploaded configuration, with a part for each entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from orchestrator import documents
from orchestrator.aws.notifications import Message
from orchestrator.events.uploads.results import EntryResult, ListedProblem, UploadResult

_AGAIN: Final = "It is tried again, twice at most."
_CORRECT: Final = "Correct it and upload it again."
_CORRECT_ENTRIES: Final = (
    "Correct what was refused and upload the configuration again: pipelines that were accepted are not made twice."
)
_FAILED_AGAIN: Final = "What failed is tried again, twice at most; the rest is not repeated."


def message(result: UploadResult, upload: str, where: str) -> Message:
    """Return the message; `upload` names the configuration's version, `where` the place of its result."""
    paragraphs = _listed(result, upload) if result.is_list and result.entries else _single(result, upload)
    only = result.entries[0] if len(result.entries) == 1 else None
    return Message(
        subject=f"MLOps configuration {result.outcome}",
        text="\n\n".join([*paragraphs, where]),
        pipeline_type=only.pipeline_type if only else _common(entry.pipeline_type for entry in result.entries),
        model_name=only.model_name if only else _common(entry.model_name for entry in result.entries),
        state=result.outcome,
    )


def _common(values: Iterable[str]) -> str:
    """Return the value that all entries share; empty when they differ."""
    found = set(values)
    return found.pop() if len(found) == 1 else ""


def _single(result: UploadResult, upload: str) -> Iterator[str]:
    (entry,) = result.entries or [None]
    if result.outcome == "accepted" and entry:
        yield f"The configuration {upload} was accepted."
        yield documents.text(entry.answer())
    elif result.outcome == "refused":
        yield f"The configuration {upload} was refused; nothing was created."
        yield _problems(entry.errors if entry else result.errors)
        yield _CORRECT
    else:
        yield f"The configuration {upload} could not be carried out."
        yield str(entry.message) if entry else result.message
        yield _AGAIN


def _listed(result: UploadResult, upload: str) -> Iterator[str]:
    counts = result.counts()
    total = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    yield f"The configuration {upload} holds {len(result.entries)} requests: {total}."
    yield from (_entry(entry) for entry in result.entries)
    if counts["refused"]:
        yield _CORRECT_ENTRIES
    if counts["failed"]:
        yield _FAILED_AGAIN


def _entry(entry: EntryResult) -> str:
    name = ", ".join(filter(None, [entry.pipeline_type, entry.model_name]))
    head = f"Entry {entry.index}{f' ({name})' if name else ''}: {entry.outcome}."
    if entry.outcome == "accepted":
        return f"{head}\n{documents.text(entry.answer())}"
    if entry.outcome == "refused":
        return f"{head}\n{_problems(entry.errors, f'entry {entry.index}, ')}"
    return f"{head} {entry.message}"


def _problems(problems: Iterable[ListedProblem], place: str = "") -> str:
    return "\n".join(f"- {place}{problem}" for problem in problems)
