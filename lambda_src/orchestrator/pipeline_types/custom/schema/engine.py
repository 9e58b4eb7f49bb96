# SPDX-License-Identifier: Apache-2.0
"""JSON Schema 2020-12 by `jsonschema`, with problems in this API's words.

Nothing is ever fetched: the validator gets an empty registry, and references were checked before
(`schema_walk.py`). Patterns run on pydantic's engine, whose time is linear in the value: with `re`, a bad pattern can
take practically forever.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from jsonschema import Draft202012Validator, ValidationError, validators
from pydantic_core import SchemaError, SchemaValidator, core_schema
from referencing import Registry

from orchestrator.problems import shortened

Schema = Mapping[str, Any]

TYPES: Final = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}
"""Types of JSON Schema as they complete "must be ..."."""
_LIMITS: Final = {
    "exclusiveMaximum": "must be less than {}",
    "exclusiveMinimum": "must be more than {}",
    "maximum": "must be {} at most",
    "maxItems": "must have {} entries at most",
    "maxLength": "must have {} characters at most",
    "maxProperties": "must have {} members at most",
    "minimum": "must be {} at least",
    "minItems": "must have {} entries at least",
    "minLength": "must have {} characters at least",
    "minProperties": "must have {} members at least",
    "multipleOf": "must be a multiple of {}",
    "pattern": "must match {}",
}
_PLAIN: Final = {
    "None": "is not allowed here",
    "additionalProperties": "is not known; remove or rename it",
    "contains": "must hold an entry of the kind that the type asks for",
    "not": "must not be of the kind that the type excludes",
    "uniqueItems": "must not hold an entry twice",
}
_NOT_SHOWN: Final = frozenset({"additionalProperties", "dependentRequired", "required"})


@dataclass(frozen=True)
class Found:
    """A problem with a value: its place, a sentence, and the value."""

    path: tuple[str, ...]
    sentence: str
    value: Any
    shows_value: bool
    """Whether the message shows the value."""

    def text(self) -> str:
        """Return the sentence with the given value."""
        return f"{self.sentence}; got {shortened(self.value)}" if self.shows_value else self.sentence


@functools.lru_cache(maxsize=512)
def _matcher(pattern: str) -> SchemaValidator:
    return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))


def is_pattern(pattern: str) -> bool:
    """True if the engine supports the pattern: no look-around and no back-references."""
    try:
        _matcher(pattern)
    except SchemaError:
        return False
    return True


def matches(pattern: str, text: str) -> bool:
    """True if the pattern is found in the text."""
    return _matcher(pattern).isinstance_python(text)


def _pattern(validator: Any, pattern: str, instance: Any, _: Schema) -> Iterator[ValidationError]:
    if validator.is_type(instance, "string") and not matches(pattern, instance):
        yield ValidationError("pattern")


def _required(validator: Any, names: list[str], instance: Any, _: Schema) -> Iterator[ValidationError]:
    if validator.is_type(instance, "object"):
        for name in names:
            if name not in instance:
                yield ValidationError("required", path=(name,))


def _additional(validator: Any, allowed: Any, instance: Any, schema: Schema) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "object"):
        return
    for name in instance.keys() - schema.get("properties", {}).keys():
        if allowed is False:
            yield ValidationError("additionalProperties", path=(name,))
        else:
            yield from validator.descend(instance[name], allowed, path=name)


def _dependent(validator: Any, needed: Mapping[str, list[str]], instance: Any, _: Schema) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "object"):
        return
    for name, others in needed.items():
        for other in others if name in instance else ():
            if other not in instance:
                yield ValidationError(f"is required beside {name}", path=(other,))


def _number(text: str) -> float:
    number = float(text)
    return int(number) if number.is_integer() else number


def _unique(validator: Any, wanted: Any, instance: Any, _: Schema) -> Iterator[ValidationError]:
    """Compare entries as texts: jsonschema compares all pairs, which takes a minute for a list of 50 KB."""
    if wanted and validator.is_type(instance, "array"):
        # In JSON Schema 1 equals 1.0, and true is not a number.
        entries = {json.dumps(json.loads(json.dumps(each), parse_float=_number), sort_keys=True) for each in instance}
        if len(entries) < len(instance):
            yield ValidationError("uniqueItems")


_Validator: Any = validators.extend(
    Draft202012Validator,
    {
        "pattern": _pattern,
        "required": _required,
        "additionalProperties": _additional,
        "dependentRequired": _dependent,
        "uniqueItems": _unique,
    },
)


def problems(schema: Schema, instance: Any) -> list[Found]:
    """Return every problem of a value, in the order of its keys."""
    errors = _Validator(schema, registry=Registry()).iter_errors(instance)
    return sorted((_found(error, schema) for error in errors), key=lambda found: found.path)


def schema_problems(schema: Any) -> Iterator[Found]:
    """Yield every violation of JSON Schema 2020-12 itself in a schema."""
    for error in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema):
        yield _found(error, {})


def _found(error: ValidationError, schema: Schema) -> Found:
    path = tuple(str(part) for part in error.absolute_path)
    keyword = str(error.validator)
    return Found(path, _sentence(error, path, schema), error.instance, keyword not in _NOT_SHOWN)


def _sentence(error: ValidationError, path: tuple[str, ...], schema: Schema) -> str:
    keyword, wanted = str(error.validator), error.validator_value
    if keyword in _LIMITS:
        return _LIMITS[keyword].format(wanted)
    if keyword in _PLAIN:
        return _PLAIN[keyword]
    if keyword == "required":
        return _required_sentence(path, schema)
    if keyword in _BY_VALUE:
        return _BY_VALUE[keyword](wanted)
    return _alternatives(error, path, schema) if error.context else str(error.message)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) and value else json.dumps(value)


def _of_types(wanted: str | list[str]) -> str:
    types = [wanted] if isinstance(wanted, str) else wanted
    return f"must be {' or '.join(TYPES.get(name, name) for name in types)}"


def _of_values(wanted: list[Any]) -> str:
    return f"must be {'one of ' if len(wanted) > 1 else ''}{', '.join(_plain(value) for value in wanted)}"


_BY_VALUE: Final[dict[str, Callable[[Any], str]]] = {
    "const": lambda wanted: f"must be {_plain(wanted)}",
    "enum": _of_values,
    "type": _of_types,
}


def _required_sentence(path: tuple[str, ...], schema: Schema) -> str:
    declared = schema.get("properties", {}).get(path[0], {}) if len(path) == 1 else {}
    description = declared.get("description", "") if isinstance(declared, Mapping) else ""
    return f"is required: {description}" if description else "is required"


def _alternatives(error: ValidationError, path: tuple[str, ...], schema: Schema) -> str:
    """Return the first problem of the value for each alternative."""
    first: dict[Any, str] = {}
    for inner in error.context:
        place = inner.relative_schema_path[0]
        where = ".".join(str(part) for part in inner.relative_path)
        sentence = _sentence(inner, (*path, *map(str, inner.relative_path)), schema)
        first.setdefault(place, f"{where} {sentence}".strip())
    return ", or ".join(dict.fromkeys(first.values()))
