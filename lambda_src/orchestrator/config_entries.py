# SPDX-License-Identifier: Apache-2.0
"""The requests in an uploaded configuration: each is carried out, and succeeds or fails, by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aws_lambda_powertools import Logger

from orchestrator import model_cards, service
from orchestrator.config_results import EntryResult, ListedProblem
from orchestrator.errors import OrchestratorError, Problem, RefusedRequest, ServiceRefused
from orchestrator.pipelines import BUILT_IN
from orchestrator.settings import Settings

MOST_ENTRIES: Final = 50
"""A configuration is carried out by one invocation of the function: so many fit its time."""
_KEPT: Final = ("message", "pipeline_id", "plan", "warnings")
"""What a result keeps of an answer."""

logger = Logger(service="orchestrator", child=True)


@dataclass(frozen=True)
class Carried:
    """What became of an entry, and the error that is worth another try."""

    result: EntryResult
    error: Exception | None = None


def listed(document: Any) -> list[Any]:
    """The requests of a decoded configuration; raises `RefusedRequest` for too many, or none."""
    if not isinstance(document, list):
        return [document]
    if not document:
        raise _refused("the list is empty: give a request, or a list of requests")
    if len(document) > MOST_ENTRIES:
        raise _refused(f"there are {len(document)} requests; a configuration holds {MOST_ENTRIES} at most")
    return document


def _refused(problem: str) -> RefusedRequest:
    return RefusedRequest([Problem("", problem)])


def carry_out(index: int, entry: Any, settings: Settings) -> Carried:
    """Do what an entry asks for; whatever goes wrong is part of the result."""
    of_entry = {"index": index, "pipeline_type": _type_of(entry), "model_name": _model_of(entry)}
    try:
        answer = service.provision_pipeline(entry, settings)
    except RefusedRequest as refused:
        return Carried(EntryResult(**of_entry, outcome="refused", message=str(refused), errors=problems(refused)))
    except Exception as error:
        # Whatever it is, the other entries are carried out, and people hear of it.
        logger.warning("entry failed", extra={"entry": index}, exc_info=True)
        return Carried(EntryResult(**of_entry, outcome="failed", message=reason(error, settings)), error)
    kept = {name: answer[name] for name in _KEPT if name in answer}
    return Carried(EntryResult(**of_entry, outcome="accepted", **kept))


def problems(refused: RefusedRequest) -> tuple[ListedProblem, ...]:
    """The problems of a refused request, as results list them."""
    return tuple(ListedProblem(key=_told(found.key), problem=_told(found.problem)) for found in refused.problems)


def reason(error: Exception, settings: Settings) -> str:
    """Why something failed, in words for people; what AWS said is the operator's choice (defect 64)."""
    if not isinstance(error, OrchestratorError):
        return "An unexpected error occurred; the log has it."
    detail = error.detail if isinstance(error, ServiceRefused) and settings.allow_detailed_error_message else ""
    return "\n\n".join(filter(None, [str(error), detail]))


def _told(text: str) -> str:
    """JSON may hold half of a surrogate pair, which neither a message nor a result can."""
    return text.encode("utf-8", "backslashreplace").decode()


def _type_of(entry: Any) -> str:
    return BUILT_IN.name_in(entry) or model_cards.operation_of(entry) or ""


def _model_of(entry: Any) -> str:
    name = entry.get("model_name") if isinstance(entry, Mapping) else None
    return _told(name.strip()) if isinstance(name, str) else ""
