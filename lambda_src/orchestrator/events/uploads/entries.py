# SPDX-License-Identifier: Apache-2.0
"""The requests in an uploaded configuration. Each is carried out, and succeeds or fails, on its own."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aws_lambda_powertools import Logger

from orchestrator import service
from orchestrator.errors import OrchestratorError, Problem, RefusedRequestError, ServiceRefusedError
from orchestrator.events.uploads.results import EntryResult, ListedProblem
from orchestrator.launch.settings import Settings
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.custom.names import named_type
from orchestrator.values.visible_text import escaped

MOST_ENTRIES: Final = 50
"""Limit of requests: one invocation of the function carries out the whole configuration."""
_KEPT: Final = ("message", "pipeline_id", "plan", "warnings")
"""Members of a response that are kept in a result."""

_OVERTAKEN: Final = (
    "A newer version of this configuration was carried out for this pipeline before. Nothing was changed."
)

logger = Logger(service="orchestrator", child=True)


@dataclass(frozen=True)
class Carried:
    """The result of an entry, and the error if a retry may solve it."""

    result: EntryResult
    error: Exception | None = None


def listed(document: Any) -> list[Any]:
    """Return the requests of a decoded configuration; raises `RefusedRequestError` for too many, or none."""
    if not isinstance(document, list):
        return [document]
    if not document:
        raise _refused("the list is empty: give a request, or a list of requests")
    if len(document) > MOST_ENTRIES:
        raise _refused(f"there are {len(document)} requests; a configuration holds {MOST_ENTRIES} at most")
    return document


def _refused(problem: str) -> RefusedRequestError:
    return RefusedRequestError([Problem("", problem)])


def pipelines_of(results: Iterable[EntryResult]) -> frozenset[tuple[str, str]]:
    """Return type and model of each accepted entry that has a model."""
    return frozenset(
        (result.pipeline_type, result.model_name)
        for result in results
        if result.outcome == "accepted" and result.model_name
    )


def carry_out(index: int, entry: Any, settings: Settings, newer: Container[tuple[str, str]] = ()) -> Carried:
    """Carry out an entry; any failure becomes part of the result.

    `newer` are the pipelines in a newer version of the configuration; they are not changed.
    """
    of_entry = {"index": index, "pipeline_type": _type_of(entry), "model_name": _model_of(entry)}
    if (_type_of(entry), _model_of(entry)) in newer:
        return Carried(EntryResult(**of_entry, outcome="refused", message=_OVERTAKEN))
    try:
        answer = service.provision_pipeline(entry, settings)
    except RefusedRequestError as refused:
        return Carried(EntryResult(**of_entry, outcome="refused", message=str(refused), errors=problems(refused)))
    except Exception as error:
        # Whatever the error, it is reported and the other entries are carried out.
        logger.warning("entry failed", extra={"entry": index}, exc_info=True)
        return Carried(EntryResult(**of_entry, outcome="failed", message=reason(error, settings)), error)
    kept: dict[str, Any] = {name: value for name, value in answer.items() if name in _KEPT}
    return Carried(EntryResult(**of_entry, outcome="accepted", **kept))


def problems(refused: RefusedRequestError) -> tuple[ListedProblem, ...]:
    """Return the problems of a refused request in the form of results."""
    return tuple(ListedProblem(key=escaped(found.key), problem=escaped(found.problem)) for found in refused.listed)


def reason(error: Exception, settings: Settings) -> str:
    """Return the reason for a failure in words; AWS's error message only where the operator allows it (lesson 64)."""
    if not isinstance(error, OrchestratorError):
        return "An unexpected error occurred; the log has it."
    detail = error.detail if isinstance(error, ServiceRefusedError) and settings.allow_detailed_error_message else ""
    return "\n\n".join(filter(None, [str(error), detail]))


def _type_of(entry: Any) -> str:
    return BUILT_IN.operation_in(entry) or named_type(entry)


def _model_of(entry: Any) -> str:
    name = entry.get("model_name") if isinstance(entry, Mapping) else None
    return escaped(name.strip()) if isinstance(name, str) else ""
