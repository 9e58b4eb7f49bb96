# SPDX-License-Identifier: Apache-2.0
"""The requests in an uploaded configuration: each is carried out, and succeeds or fails, by itself."""

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
"""A configuration is carried out by one invocation of the function: so many fit its time."""
_KEPT: Final = ("message", "pipeline_id", "plan", "warnings")
"""What a result keeps of an answer."""

_OVERTAKEN: Final = (
    "A newer version of this configuration was carried out for this pipeline before. Nothing was changed."
)

logger = Logger(service="orchestrator", child=True)


@dataclass(frozen=True)
class Carried:
    """What became of an entry, and the error that is worth another try."""

    result: EntryResult
    error: Exception | None = None


def listed(document: Any) -> list[Any]:
    """The requests of a decoded configuration; raises `RefusedRequestError` for too many, or none."""
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
    """Type and model of what was accepted, where there is a model."""
    return frozenset(
        (result.pipeline_type, result.model_name)
        for result in results
        if result.outcome == "accepted" and result.model_name
    )


def carry_out(index: int, entry: Any, settings: Settings, newer: Container[tuple[str, str]] = ()) -> Carried:
    """Do what an entry asks for; whatever goes wrong is part of the result.

    `newer` are the pipelines that a newer version of the configuration was about: those are left as they are.
    """
    of_entry = {"index": index, "pipeline_type": _type_of(entry), "model_name": _model_of(entry)}
    if (_type_of(entry), _model_of(entry)) in newer:
        return Carried(EntryResult(**of_entry, outcome="refused", message=_OVERTAKEN))
    try:
        answer = service.provision_pipeline(entry, settings)
    except RefusedRequestError as refused:
        return Carried(EntryResult(**of_entry, outcome="refused", message=str(refused), errors=problems(refused)))
    except Exception as error:
        # Whatever it is, the other entries are carried out, and people hear of it.
        logger.warning("entry failed", extra={"entry": index}, exc_info=True)
        return Carried(EntryResult(**of_entry, outcome="failed", message=reason(error, settings)), error)
    kept: dict[str, Any] = {name: value for name, value in answer.items() if name in _KEPT}
    return Carried(EntryResult(**of_entry, outcome="accepted", **kept))


def problems(refused: RefusedRequestError) -> tuple[ListedProblem, ...]:
    """The problems of a refused request, as results list them."""
    return tuple(ListedProblem(key=escaped(found.key), problem=escaped(found.problem)) for found in refused.listed)


def reason(error: Exception, settings: Settings) -> str:
    """Why something failed, in words for people; what AWS said is the operator's choice (lesson 64)."""
    if not isinstance(error, OrchestratorError):
        return "An unexpected error occurred; the log has it."
    detail = error.detail if isinstance(error, ServiceRefusedError) and settings.allow_detailed_error_message else ""
    return "\n\n".join(filter(None, [str(error), detail]))


def _type_of(entry: Any) -> str:
    return BUILT_IN.operation_in(entry) or named_type(entry)


def _model_of(entry: Any) -> str:
    name = entry.get("model_name") if isinstance(entry, Mapping) else None
    return escaped(name.strip()) if isinstance(name, str) else ""
