# SPDX-License-Identifier: Apache-2.0
"""Request files of the earlier solution, checked by the orchestrator's own declarations, and rewritten to match them.

Accepted keys, their spellings and the kinds of their values follow from the declarations of the pipeline types: nothing
here lists keys. `requests/migration_changes.py` has the changes that no declaration contains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from pydantic import ValidationError

from orchestrator import documents, leniency, problems
from orchestrator.errors import Problem, RefusedRequestError
from orchestrator.events.uploads import entries as config_entries
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.service import StatusRequest
from scripts.requests import former_versions, migration_changes, rewriting
from scripts.requests.json_lines import Lines
from scripts.requests.rewriting import Rewritten

Outcome = Literal["accepted", "changed", "refused"]

_STATUS: Final = "pipelinestatus"


@dataclass(frozen=True)
class Entry:
    """Result for one request of a file."""

    index: int
    """Position in a list, from 1; 0 if the file holds a single request, or is unreadable."""
    pipeline_type: str = ""
    model_name: str = ""
    changes: tuple[str, ...] = ()
    """Sentences about changed meanings."""
    around: tuple[str, ...] = ()
    """Sentences about what scripts around such requests find under other names."""
    rewritten: tuple[Rewritten, ...] = ()
    problems: tuple[Problem, ...] = ()
    request: Mapping[str, Any] | None = None
    """Request as it would be written today; None if it is refused, or provisions nothing."""
    lines: Lines = field(default_factory=Lines)

    @property
    def outcome(self) -> Outcome:
        """Whether the request is refused, changed in meaning, or accepted unchanged."""
        if self.problems:
            return "refused"
        return "changed" if self.changes else "accepted"

    def line(self, key: str = "") -> int:
        """Return the line of the file where a key, or the request, begins; 0 if unknown."""
        return self.lines.of(self.index, key)


def read(text: bytes, launch: Launch) -> list[Entry]:
    """Check a file with one request, or a list of them, under launch options; nothing is raised."""
    try:
        document = documents.read(text)
    except RefusedRequestError as refused:
        return [Entry(0, problems=refused.problems)]
    if document == []:
        return [Entry(0, problems=(Problem("", "the list is empty: there is no request in it"),))]
    bodies = document if isinstance(document, list) else [document]
    lines = Lines.in_text(text)
    numbered = enumerate(bodies, start=1 if isinstance(document, list) else 0)
    return [replace(_entry(index, body, launch), lines=lines) for index, body in numbered]


def around(entries: list[Entry]) -> list[str]:
    """Return each sentence about what is around the requests once, in order."""
    return list(dict.fromkeys(sentence for entry in entries for sentence in entry.around))


def too_long(entries: list[Entry]) -> str:
    """Return what to do with a list that is longer than an uploaded configuration may be; empty for others."""
    most = config_entries.MOST_ENTRIES
    if len(entries) <= most:
        return ""
    return f"there are {len(entries)} requests; an uploaded mlops-config.json holds {most} at most: make several of it"


def _entry(index: int, body: Any, launch: Launch) -> Entry:
    """Read a request by the first kind that takes it; the last one takes all others, and reports their problems."""
    try:
        today = former_versions.translated(body)
        read_by = next(reader for takes, reader in _KINDS if takes(today.body))
        entry = read_by(today.body, launch)
        return replace(entry, index=index, changes=(*today.notes, *entry.changes), rewritten=_rewritten(body, entry))
    except RefusedRequestError as refused:
        name = body.get("pipeline_type") if isinstance(body, Mapping) else ""
        return Entry(index, name if isinstance(name, str) else "", _model(body), problems=refused.problems)


def _rewritten(body: Any, entry: Entry) -> tuple[Rewritten, ...]:
    """Return the differences to the request as it was read, which may have been that of a version 1.x."""
    if entry.request is None:
        return ()
    type_ = BUILT_IN.get(entry.pipeline_type) if entry.pipeline_type in BUILT_IN.names() else None
    return tuple(rewriting.differences(body, entry.request, type_))


def _pipeline(body: Any, launch: Launch) -> Entry:
    accepted = BUILT_IN.parse(body, launch)
    request = accepted.request
    written = rewriting.cleaned(accepted.body, request, launch)
    return Entry(
        index=0,
        pipeline_type=request.type_name(),
        model_name=request.label,
        changes=(*accepted.warnings, *migration_changes.of_pipeline(request, launch)),
        around=tuple(migration_changes.around(request, launch)),
        request=written,
    )


def _card(body: Any, launch: Launch) -> Entry:
    accepted = BUILT_IN.parse_operation(body, launch)
    operation = accepted.request
    name, known = operation.type_name(), operation.known_keys()
    written = {key: value for key, value in accepted.body.items() if key in known}
    return Entry(
        index=0,
        pipeline_type=name,
        model_name=str(body.get("name", "")),
        changes=(*accepted.warnings, *migration_changes.of_card(operation)),
        request=written,
    )


def _status(body: Any, launch: Launch) -> Entry:
    reading = leniency.read(body, StatusRequest.model_fields, launch)
    try:
        StatusRequest.model_validate(reading.body)
    except ValidationError as error:
        raise RefusedRequestError(list(problems.from_validation(error, StatusRequest.model_fields))) from None
    return Entry(index=0, pipeline_type=_STATUS, changes=(*reading.notes, migration_changes.OTHER_PIPELINE_ID))


def _asks_for_a_status(body: Any) -> bool:
    return isinstance(body, Mapping) and "pipeline_id" in body and "pipeline_type" not in body


def _model(body: Any) -> str:
    found = body.get("model_name") if isinstance(body, Mapping) else ""
    return found if isinstance(found, str) else ""


_KINDS: Final[tuple[tuple[Callable[[Any], object], Callable[[Any, Launch], Entry]], ...]] = (
    (BUILT_IN.operation_in, _card),
    (_asks_for_a_status, _status),
    (lambda _: True, _pipeline),
)


def counted(entries: list[Entry]) -> Iterator[tuple[Outcome, int]]:
    """Yield the number of entries for each outcome."""
    outcomes: tuple[Outcome, ...] = ("accepted", "changed", "refused")
    for outcome in outcomes:
        yield outcome, sum(entry.outcome == outcome for entry in entries)
