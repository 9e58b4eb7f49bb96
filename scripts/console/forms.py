# SPDX-License-Identifier: Apache-2.0
"""Forms of requests from the JSON schemas of pipeline types: a field for each key, and what was typed as a value."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mlops_orchestrator.errors import Problem

_GIVEN: Final = frozenset({"pipeline_type", "dry_run"})
"""Keys that the page fills in."""
_KINDS: Final = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}
_LONG: Final = frozenset({"object", "array"})


@dataclass(frozen=True)
class Field:
    """A key of a request."""

    key: str
    description: str
    is_required: bool
    choices: tuple[str, ...]
    """All that may be chosen; empty where it is typed."""
    kinds: frozenset[str]
    """Types of JSON that it may have."""
    example: str

    @property
    def is_long(self) -> bool:
        """Whether it may be an object or a list, such as one value for each stage."""
        return not self.kinds.isdisjoint(_LONG)

    def value(self, typed: str) -> Any:
        """Return what was typed as JSON, if that is a value of the key, else as text."""
        try:
            found = json.loads(typed)
        except ValueError:
            return typed
        kind = _KINDS.get(type(found), "")
        fits = kind in self.kinds or (kind == "integer" and "number" in self.kinds)
        return found if fits and kind != "string" else typed


def fields(details: Mapping[str, Any]) -> list[Field]:
    """Return the fields of a pipeline type, as the API tells of it: what is required comes first."""
    schema = details["request_schema"]
    example, required = details.get("example") or {}, set(schema.get("required", ()))
    made = [
        _field(key, declared, schema, required, example)
        for key, declared in schema["properties"].items()
        if key not in _GIVEN
    ]
    return sorted(made, key=lambda field: not field.is_required)


def typed(request: Mapping[str, Any], declared: Iterable[Field]) -> dict[str, str]:
    """Return what would be typed for a request."""
    given = ((field.key, request[field.key]) for field in declared if field.key in request)
    return {key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for key, value in given}


def body(pipeline_type: str, declared: Iterable[Field], typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the request that was typed; what was left empty is left out."""
    given = {field.key: field.value(text) for field in declared if (text := typed.get(field.key, "").strip())}
    return {"pipeline_type": pipeline_type, **given}


def by_field(problems: Iterable[Problem], declared: Sequence[Field]) -> dict[str, list[str]]:
    """Return problems by the key of their field; under an empty key what concerns none of them."""
    known = {field.key for field in declared}
    found: dict[str, list[str]] = {}
    for problem in problems:
        first, _, rest = problem.key.partition(".")
        key = first if first in known else ""
        text = str(problem) if not key else f"{rest}: {problem.problem}" if rest else problem.problem
        found.setdefault(key, []).append(text)
    return found


def _field(
    key: str, declared: Mapping[str, Any], schema: Mapping[str, Any], required: set[str], example: Mapping[str, Any]
) -> Field:
    every = list(_alternatives(declared, schema))
    choices = [str(choice) for one in every for choice in one.get("enum", ())]
    shown = example.get(key, next(iter(declared.get("examples", ())), ""))
    return Field(
        key=key,
        description=str(declared.get("description", "")),
        is_required=key in required,
        choices=tuple(choices) if len(every) == 1 else (),
        kinds=frozenset(str(one["type"]) for one in every if "type" in one),
        example=shown if isinstance(shown, str) else json.dumps(shown),
    )


def _alternatives(declared: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the schemas of which a value may fulfil any, without references."""
    if reference := declared.get("$ref"):
        yield from _alternatives(schema["$defs"][reference.rsplit("/", 1)[-1]], schema)
    elif among := declared.get("anyOf") or declared.get("oneOf"):
        for one in among:
            yield from _alternatives(one, schema)
    else:
        yield declared
