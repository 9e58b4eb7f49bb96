# SPDX-License-Identifier: Apache-2.0
"""Values that the schema of a request accepts and the blueprint's parameters refuse.

Such a request would be refused on arrival. These checks show it to the type's author beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.errors import Problem
from orchestrator.pipeline_types.custom import template_limits, texts
from orchestrator.pipeline_types.custom.custom_type import CustomType
from orchestrator.pipeline_types.custom.declaration import Key
from orchestrator.pipeline_types.custom.template import TemplateParameter
from orchestrator.pipeline_types.custom.texts import UnrepresentableValueError
from orchestrator.problems import shortened
from scripts.pipeline_types.pipeline_folder import DEFINITION

_SINGLE: Final = ("default", "const", "minimum", "maximum")
_LISTED: Final = ("enum", "examples")
_NUMBERS: Final = frozenset({"Number", "List<Number>"})


def problems(made: CustomType) -> list[Problem]:
    """Return every value that a schema names and a parameter refuses, and every limit that cannot be reached."""
    known = {parameter.name: parameter for parameter in made.blueprint.parameters}
    found = (
        Problem(f"{DEFINITION}: request.properties.{key.name}{place}", f"{sentence}: {name} of the blueprint says so")
        for key in made.keys.values()
        for name in key.parameters
        for place, sentence in _of_key(key, known[name])
    )
    return list(dict.fromkeys(found))


def _of_key(key: Key, parameter: TemplateParameter) -> Iterator[tuple[str, str]]:
    if parameter.kind in _NUMBERS and not _may_be_a_number(key.schema):
        yield "", f"must be a number; its type is {shortened(key.schema.get('type'))}"
        return
    if key.is_secret:
        return
    for place, value in _named_values(key.schema):
        for sentence in _refusals(value, parameter):
            yield place, f"{sentence}; got {shortened(value)}"
    yield from _lengths(key.schema, parameter)


def _named_values(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from ((f".{word}", schema[word]) for word in _SINGLE if word in schema)
    yield from ((f".{word}.{index}", value) for word in _LISTED for index, value in enumerate(schema.get(word, ())))


def _refusals(value: Any, parameter: TemplateParameter) -> Iterator[str]:
    try:
        yield from template_limits.refusals(parameter, texts.of(value, parameter))
    except UnrepresentableValueError as error:
        yield str(error)


def _may_be_a_number(schema: Mapping[str, Any]) -> bool:
    """Whether the schema accepts some number: a text's pattern may match digits."""
    types = schema.get("type", ["string"])
    listed = {types} if isinstance(types, str) else set(types)
    is_told = bool(schema.keys() & {"pattern", "enum", "const"})
    return bool(listed & {"integer", "number"}) or ("string" in listed and is_told) or "array" in listed


def _lengths(schema: Mapping[str, Any], parameter: TemplateParameter) -> Iterator[tuple[str, str]]:
    if schema.get("type") != "string":
        return
    longest, shortest = schema.get("maxLength"), schema.get("minLength")
    if longest is not None and parameter.max_length is not None and longest > parameter.max_length:
        yield ".maxLength", f"must be {parameter.max_length} at most; got {longest}"
    if shortest is not None and parameter.min_length is not None and shortest < parameter.min_length:
        yield ".minLength", f"must be {parameter.min_length} at least; got {shortest}"
