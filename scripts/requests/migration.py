# SPDX-License-Identifier: Apache-2.0
"""Request files of the earlier solution, read as the orchestrator reads them, and written as it would have them.

What is accepted, under which spelling and as which kind of value follows from the declarations of the pipeline types:
nothing here lists keys. `requests/migration_changes.py` has what no declaration says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from pydantic import ValidationError

from orchestrator import documents, problems
from orchestrator.errors import Problem, RefusedRequestError
from orchestrator.events.uploads import entries as config_entries
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.service import StatusRequest
from scripts.requests import migration_changes, rewriting
from scripts.requests.json_lines import Lines
from scripts.requests.rewriting import Rewritten

Outcome = Literal["accepted", "changed", "refused"]

_STATUS: Final = "pipelinestatus"


@dataclass(frozen=True)
class Entry:
    """What becomes of one request of a file."""

    index: int
    """Its place in a list, from 1 on; 0 where the file holds one request, or nothing that can be read."""
    pipeline_type: str = ""
    model_name: str = ""
    changes: tuple[str, ...] = ()
    """What it means otherwise than it did, in sentences."""
    rewritten: tuple[Rewritten, ...] = ()
    problems: tuple[Problem, ...] = ()
    request: Mapping[str, Any] | None = None
    """As it would be written today; `None` for a refused one, and for one that provisions nothing."""
    lines: Lines = field(default_factory=Lines)

    @property
    def outcome(self) -> Outcome:
        """Whether it is accepted, and means what it meant."""
        if self.problems:
            return "refused"
        return "changed" if self.changes else "accepted"

    def line(self, key: str = "") -> int:
        """The line of the file on which a key of it stands, or it begins; 0 where that is not known."""
        return self.lines.of(self.index, key)


def read(text: bytes, launch: Launch) -> list[Entry]:
    """Check a file that holds one request, or a list of them, under launch options; nothing is raised."""
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


def too_long(entries: list[Entry]) -> str:
    """What to do with a list that is longer than an uploaded configuration may be; empty for others."""
    most = config_entries.MOST_ENTRIES
    if len(entries) <= most:
        return ""
    return f"there are {len(entries)} requests; an uploaded mlops-config.json holds {most} at most: make several of it"


def _entry(index: int, body: Any, launch: Launch) -> Entry:
    """The first kind of request that takes it reads it; the last takes whatever is left, and says what is wrong."""
    read_by = next(reader for takes, reader in _KINDS if takes(body))
    try:
        return replace(read_by(body, launch), index=index)
    except RefusedRequestError as refused:
        name = body.get("pipeline_type") if isinstance(body, Mapping) else ""
        return Entry(index, name if isinstance(name, str) else "", _model(body), problems=refused.problems)


def _pipeline(body: Any, launch: Launch) -> Entry:
    accepted = BUILT_IN.parse(body, launch)
    request = accepted.request
    written = rewriting.cleaned(body, request, launch)
    return Entry(
        index=0,
        pipeline_type=request.type_name(),
        model_name=request.label,
        changes=(*accepted.warnings, *migration_changes.of_pipeline(request, launch)),
        rewritten=tuple(rewriting.differences(body, written, type(request))),
        request=written,
    )


def _card(body: Any, launch: Launch) -> Entry:
    accepted = BUILT_IN.parse_operation(body, launch)
    operation = accepted.request
    name, known = operation.type_name(), operation.known_keys()
    written = {**{key: value for key, value in body.items() if key in known}, "pipeline_type": name}
    return Entry(
        index=0,
        pipeline_type=name,
        model_name=str(body.get("name", "")),
        changes=(*accepted.warnings, *migration_changes.of_card(operation)),
        rewritten=tuple(rewriting.differences(body, written)),
        request=written,
    )


def _status(body: Any, _: Launch) -> Entry:
    try:
        StatusRequest.model_validate(body)
    except ValidationError as error:
        raise RefusedRequestError(list(problems.from_validation(error, StatusRequest.model_fields))) from None
    return Entry(index=0, pipeline_type=_STATUS, changes=(migration_changes.OTHER_PIPELINE_ID,))


def _asks_for_a_status(body: Any) -> bool:
    return isinstance(body, Mapping) and list(body) == ["pipeline_id"]


def _model(body: Any) -> str:
    found = body.get("model_name") if isinstance(body, Mapping) else ""
    return found if isinstance(found, str) else ""


_KINDS: Final[tuple[tuple[Callable[[Any], object], Callable[[Any, Launch], Entry]], ...]] = (
    (BUILT_IN.operation_in, _card),
    (_asks_for_a_status, _status),
    (lambda _: True, _pipeline),
)


def counted(entries: list[Entry]) -> Iterator[tuple[Outcome, int]]:
    """How many entries ended in each way."""
    outcomes: tuple[Outcome, ...] = ("accepted", "changed", "refused")
    for outcome in outcomes:
        yield outcome, sum(entry.outcome == outcome for entry in entries)
