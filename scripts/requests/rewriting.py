# SPDX-License-Identifier: Apache-2.0
"""Accepted request as it would be written today: declared spellings, and values of the right kind.

The pipeline type decides on the spelling and on how a value is read. To the orchestrator, the rewritten request is
the same: a number replaces a text only if both are read alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.errors import RefusedRequestError
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.problems import shortened
from orchestrator.values.per_stage import STAGES

_NUMBER: Final = re.compile(r"(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?")


@dataclass(frozen=True)
class Rewritten:
    """Key that is written differently: the old key and value, and the new ones."""

    key: str
    was: str
    now: str

    def __str__(self) -> str:
        return f"{self.was} is written {self.now}"


def cleaned(body: Mapping[str, Any], request: PipelineRequest, launch: Launch) -> dict[str, Any]:
    """Return the request with its keys in order, without those that its type ignores."""
    other = _right_spellings(type(request))
    read = request.model_dump(mode="json", exclude_unset=True)
    declared = type(request).spellings()
    written: dict[str, Any] = {}
    for key, value in body.items():
        if key in type(request).known_keys():
            name = declared.get(key, key)
            written[other.get(name, name)] = value if _is_same(value, read[name]) else read[name]
    return _with_numbers(written, request, launch)


def differences(
    body: Mapping[str, Any], written: Mapping[str, Any], type_: type[PipelineRequest] | None = None
) -> Iterator[Rewritten]:
    """Yield the differences in writing; keys that were left out do not count."""
    declared = type_.spellings() if type_ else {}
    right = _right_spellings(type_) if type_ else {}
    for key, value in body.items():
        name = declared.get(key, key)
        name = right.get(name, name)
        if name not in written:
            continue
        if name != key:
            yield Rewritten(key, key, name)
        if json.dumps(value) != json.dumps(written[name]):
            yield Rewritten(key, f"{name}: {shortened(value)}", shortened(written[name]))


def _right_spellings(type_: type[PipelineRequest]) -> dict[str, str]:
    """Return declared key -> the other spelling, which is the right one if there are two (lesson 95)."""
    return {declared: other for other, declared in type_.spellings().items()}


def _is_same(written: Any, read: Any) -> bool:
    """Whether a number was read as the text of that number, so that it may stay a number."""
    is_number = isinstance(written, int | float) and not isinstance(written, bool)
    return is_number and isinstance(read, str) and str(written) == read


def _with_numbers(written: dict[str, Any], request: PipelineRequest, launch: Launch) -> dict[str, Any]:
    for key, value in written.items():
        proposed = {**written, key: _numbers(value)}
        if proposed != written and _reads_as(proposed, request, launch):
            written = proposed
    return written


def _numbers(value: Any) -> Any:
    """Return a number's text as that number, also in a value by stage."""
    if isinstance(value, dict) and value.keys() == set(STAGES):
        return {stage: _numbers(one) for stage, one in value.items()}
    return json.loads(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value


def _reads_as(body: Mapping[str, Any], request: PipelineRequest, launch: Launch) -> bool:
    try:
        return BUILT_IN.parse(body, launch).request == request
    except RefusedRequestError:
        return False
