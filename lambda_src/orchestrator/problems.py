# SPDX-License-Identifier: Apache-2.0
"""pydantic's errors in the caller's words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from orchestrator.errors import Problem
from orchestrator.per_stage import BY_STAGE, ONE_VALUE, STAGES

_SHOWN_CHARACTERS = 60
# These messages tell all: no "got ..." follows.
_SELF_EXPLAINING = frozenset({"stages_in_single_account"})


def from_validation(error: ValidationError, fields: Mapping[str, FieldInfo]) -> Iterator[Problem]:
    """One problem for each of pydantic's errors, keyed as `inference_instance.staging`."""
    for details in error.errors(include_url=False):
        path = [str(part) for part in details["loc"] if part not in {ONE_VALUE, BY_STAGE}]
        yield Problem(".".join(path), _sentence(details, path, fields))


def _sentence(details: ErrorDetails, path: list[str], fields: Mapping[str, FieldInfo]) -> str:
    kind = details["type"]
    if kind == "missing":
        return _missing(path, fields)
    if kind in {"extra_forbidden", "unexpected_keyword_argument"}:
        return _unknown(path, fields)
    if kind == "model_type":
        return f"the request must be a JSON object; got {shortened(details['input'])}"
    message = details["msg"]
    words = message[0].lower() + message[1:] if kind != "expectation" else message
    return words if kind in _SELF_EXPLAINING else f"{words}; got {shortened(details['input'])}"


def _unknown(path: list[str], fields: Mapping[str, FieldInfo]) -> str:
    if len(path) > 1:
        return f"is not a stage: give {', '.join(STAGES[:-1])} and {STAGES[-1]}"
    return f"is not known; the request has {', '.join(fields)}"


def _missing(path: list[str], fields: Mapping[str, FieldInfo]) -> str:
    if len(path) > 1:
        return "is missing: a value by stage needs dev, staging and prod"
    described = fields[path[0]].description if path and path[0] in fields else None
    return f"is required: {described}" if described else "is required"


def shortened(value: Any) -> str:
    """A value as JSON, cut to fit in a sentence."""
    text = json.dumps(value, default=str, ensure_ascii=True)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."
