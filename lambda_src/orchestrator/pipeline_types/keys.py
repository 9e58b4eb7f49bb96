# SPDX-License-Identifier: Apache-2.0
"""Descriptions of a pipeline type's keys, read from the declarations, for pages and starter requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.values.common import EXPECT_KEYWORD, NAMES_KEYWORD, SPELLING_KEYWORD
from orchestrator.values.per_stage import STAGES

_Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Key:
    """A key of a pipeline type, or of an object in a request (`members`).

    `expected` completes "must be ...", `default` is `None` for a required key.
    """

    name: str
    description: str
    expected: str
    example: Any
    default: Any
    by_stage: bool
    other_spelling: str = ""
    names: str = ""
    """Kind of resource that a value names, as `reach.Kind.words`; empty if it names none."""
    members: tuple[Key, ...] = ()

    @property
    def spelling(self) -> str:
        """The spelling that a new request should use."""
        return self.other_spelling or self.name


def keys(type_: type[BaseModel]) -> list[Key]:
    """Return the keys of a type, or of an operation, as declared, those of all types last, without `pipeline_type`."""
    schema = type_.model_json_schema()
    definitions = schema.get("$defs", {})
    found = [
        _key(name, declared, definitions) for name, declared in schema["properties"].items() if name != "pipeline_type"
    ]
    return sorted(found, key=lambda key: key.name in PipelineRequest.model_fields)


def _key(name: str, declared: _Schema, definitions: _Schema) -> Key:
    forms = list(_forms(declared, definitions))
    of_one_value = [form for form in forms if not _is_by_stage(form)]
    # Of a list of objects, the members are those of an object.
    listed = [each for form in of_one_value if "items" in form for each in _forms(form["items"], definitions)]
    members = tuple(
        _key(member, schema, definitions)
        for form in (*of_one_value, *listed)
        for member, schema in form.get("properties", {}).items()
    )
    needed = {member.name: member.example for member in members if member.default is None} if not listed else {}
    return Key(
        name=name,
        description=str(declared.get("description", "")),
        expected=_first(of_one_value, EXPECT_KEYWORD, f"an object with {', '.join(needed)}" if needed else ""),
        example=_example(name, of_one_value, needed),
        members=members,
        default=_default(declared),
        by_stage=len(of_one_value) < len(forms),
        other_spelling=_first(forms, SPELLING_KEYWORD, ""),
        names=_first(of_one_value, NAMES_KEYWORD, ""),
    )


def _default(declared: _Schema) -> Any:
    """Return the default, empty for an optional key; `None` only for a required key."""
    return "" if declared.get("default", "") is None else declared.get("default")


def _forms(schema: _Schema, definitions: _Schema) -> Iterator[_Schema]:
    """Yield a schema and its alternatives, with references resolved."""
    yield schema
    itself = [{"$ref": schema["$ref"]}] if "$ref" in schema else []
    for alternative in [*itself, *schema.get("oneOf", ()), *schema.get("anyOf", ())]:
        reference = alternative.get("$ref", "").removeprefix("#/$defs/")
        yield from _forms(definitions[reference] if reference else alternative, definitions)


def _is_by_stage(schema: _Schema) -> bool:
    return set(schema.get("properties", ())) == set(STAGES)


def _first(schemas: list[_Schema], keyword: str, otherwise: Any) -> Any:
    return next((schema[keyword] for schema in schemas if schema.get(keyword) not in (None, "")), otherwise)


def _example(name: str, schemas: list[_Schema], members: Mapping[str, Any]) -> Any:
    """Return the declared example, an allowed value, an object's needed members, a non-empty default, or a name."""
    for keyword in ("examples", "enum"):
        declared = _first(schemas, keyword, None)
        if declared:
            return declared[0]
    if members:
        return dict(members)
    return _first(schemas, "default", f"my-{name.replace('_', '-')}")
