# SPDX-License-Identifier: Apache-2.0
"""Translation of pydantic's errors into problems that the caller understands."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from orchestrator.errors import Problem, RefusedRequestError
from orchestrator.values.per_stage import BY_STAGE, ONE_VALUE, STAGES

Model = TypeVar("Model", bound=BaseModel)

_SHOWN_CHARACTERS = 60
# Messages that need no "got ...".
_SELF_EXPLAINING = frozenset({"stages_in_single_account"})


def validated(model: type[Model], given: Any, context: Any = None) -> Model:
    """Return what a caller gave as a model; raises `RefusedRequestError` with every problem."""
    try:
        return model.model_validate(given, context=context)
    except ValidationError as error:
        raise RefusedRequestError(list(from_validation(error, model.model_fields))) from None


def from_validation(error: ValidationError, fields: Mapping[str, FieldInfo]) -> Iterator[Problem]:
    """Yield a problem for each of pydantic's errors, keyed as `inference_instance.staging`."""
    for details in error.errors(include_url=False):
        path = [str(part) for part in details["loc"] if part not in {ONE_VALUE, BY_STAGE}]
        yield Problem(".".join(path), _sentence(details, path, fields))


def _sentence(details: ErrorDetails, path: list[str], fields: Mapping[str, FieldInfo]) -> str:
    kind = details["type"]
    by_stage = details["loc"][-2:-1] == (BY_STAGE,)
    if kind == "missing":
        return _missing(path, fields, by_stage)
    if kind in {"extra_forbidden", "unexpected_keyword_argument"}:
        return _unknown(path, fields, by_stage)
    if kind in {"model_type", "dataclass_type"}:
        expected = "must be an object" if path else "the request must be a JSON object"
        return f"{expected}; got {shortened(details['input'])}"
    message = details["msg"]
    words = message[0].lower() + message[1:] if kind != "expectation" else message
    return words if kind in _SELF_EXPLAINING else f"{words}; got {shortened(details['input'])}"


def _unknown(path: list[str], fields: Mapping[str, FieldInfo], by_stage: bool) -> str:
    if by_stage:
        return f"is not a stage: give {', '.join(STAGES[:-1])} and {STAGES[-1]}"
    *around, key = path
    known = list(_fields_at(around, fields))
    near = difflib.get_close_matches(key[:100], known, n=1)
    holder = "it" if around else "the request"
    return f"is not known, the nearest is {near[0]}" if near else f"is not known; {holder} has {', '.join(known)}"


def _missing(path: list[str], fields: Mapping[str, FieldInfo], by_stage: bool) -> str:
    if by_stage:
        return "is missing: a value by stage needs dev, staging and prod"
    *around, key = path or [""]
    declared = _fields_at(around, fields).get(key)
    described = declared.description if declared else None
    return f"is required: {described}" if described else "is required"


def _fields_at(path: list[str], fields: Mapping[str, FieldInfo]) -> Mapping[str, FieldInfo]:
    """Return the fields of the object at a path; indexes of lists and names in objects are skipped."""
    for key in path:
        if key in fields:
            fields = next(_models_in(fields[key].annotation), {})
    return fields


def _models_in(annotation: Any) -> Iterator[Mapping[str, FieldInfo]]:
    """Yield the fields of each model inside a type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation.model_fields
    for argument in get_args(annotation):
        yield from _models_in(argument)


def unknown(name: str, known: Iterable[str]) -> str:
    """Return a sentence for an unknown name, with the nearest known one."""
    shown = shortened(name)
    near = difflib.get_close_matches(name[:100], list(known), n=1)
    return f"{shown} is not known, the nearest is {near[0]}" if near else f"{shown} is not known"


def unknown_keys(body: Mapping[str, Any], known: Set[str]) -> list[Problem]:
    """Return a problem for each unknown key of a request, in order."""
    return [Problem(key, f"{unknown(key, known)}; remove or rename it") for key in sorted(body.keys() - known)]


def shortened(value: Any) -> str:
    """Return a value as JSON, cut to fit in a sentence."""
    text = json.dumps(value, default=str, ensure_ascii=True)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."
