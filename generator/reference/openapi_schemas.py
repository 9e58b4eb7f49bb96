# SPDX-License-Identifier: Apache-2.0
"""The JSON schemas of requests and answers as the components of one OpenAPI document.

pydantic describes a *valid value*. For requests, these schemas describe what a caller may *send*: numbers as text
where a number is meant and the other way round, both spellings of a key, one value or a value by stage.
"""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from types import GenericAlias
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from orchestrator.model_cards.operation_names import ALIASES
from orchestrator.model_cards.operations import Operation
from orchestrator.values.common import SPELLING_KEYWORD
from orchestrator.values.per_stage import STAGES, Staged

Schema = dict[str, Any]

_COMPONENTS: Final = "#/components/schemas/"
# An answer has what its type names and nothing else; a docstring below a member is its description.
_ANSWERS: Final = ConfigDict(extra="forbid", use_attribute_docstrings=True)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_WHOLE_NUMBER: Final = r"^\s*[+-]?[0-9]+\s*$"
# What a validator that runs before pydantic's makes its business, shown by what it makes of an example.
_CONVERSIONS: Final[tuple[tuple[Any, Any, str], ...]] = (
    (7, "7", "number"),
    (True, "true", "boolean"),
    ("true", True, "string"),
    ("[]", [], "string"),
    ("{}", {}, "string"),
)


class _AsSent(GenerateJsonSchema):
    """JSON schemas of what may be sent, for use in one document."""

    def int_schema(self, schema: core_schema.IntSchema) -> JsonSchemaValue:
        """A whole number; pydantic takes its digits as text, too, unless the field is strict."""
        found = super().int_schema(schema)
        return found if schema.get("strict") else {**found, "type": ["integer", "string"], "pattern": _WHOLE_NUMBER}

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:
        """A number, likewise."""
        found = super().float_schema(schema)
        return found if schema.get("strict") else {**found, "type": ["number", "string"]}

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        """Return the schema of the inner validators, extended by the values that this one converts."""
        found = super().function_before_schema(schema)
        if schema["function"]["type"] == "with-info":
            return found
        convert = schema["function"]["function"]
        if "type" in found:
            accepted = _listed(found["type"])
            return {**found, "type": _types([*accepted, *_converted(convert, accepted)])}
        if "anyOf" in found and _means_nothing(convert):
            return {**found, "anyOf": [*found["anyOf"], {"const": ""}]}
        return found


def _means_nothing(convert: Callable[[Any], Any]) -> bool:
    """Whether a converter takes the empty text for a key that is left out."""
    try:
        return convert("") is None
    except ValueError:
        return False


def _converted(convert: Callable[[Any], Any], accepted: list[str]) -> Iterator[str]:
    for given, wanted, sent_as in _CONVERSIONS:
        if _JSON_TYPES[type(wanted)] not in accepted:
            continue
        try:
            found = convert(given)
        except ValueError:
            continue
        if type(found) is type(wanted) and found == wanted:
            yield sent_as


_JSON_TYPES: Final = {str: "string", bool: "boolean", list: "array", dict: "object"}


def _listed(type_: str | list[str]) -> list[str]:
    return [type_] if isinstance(type_, str) else type_


def _types(names: list[str]) -> str | list[str]:
    distinct = list(dict.fromkeys(names))
    return distinct[0] if len(distinct) == 1 else distinct


class Components:
    """The schemas of a document by name; what is the same in several models stands there once."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}

    def add(self, name: str, model: type[BaseModel]) -> Schema:
        """Add a model with all that it refers to; gives a reference to it."""
        schema = model.model_json_schema(schema_generator=_AsSent, ref_template=f"{_COMPONENTS}{{model}}")
        definitions = schema.pop("$defs", {})
        self._name_stages(schema, definitions)
        for definition, found in definitions.items():
            self._put(definition, _plain(found))
        return self.put(name, _both_spellings(_plain(schema)))

    def add_answer(self, body: Any) -> Schema:
        """Add the type of an answer with all that it refers to; gives a reference, or one to each type of a union."""
        # An adapter of one TypedDict takes no configuration; one of a list does, whatever it is a list of.
        listed: Any = GenericAlias(list, (body,))
        adapter: TypeAdapter[Any] = TypeAdapter(listed, config=_ANSWERS)
        schema = adapter.json_schema(mode="serialization", ref_template=f"{_COMPONENTS}{{model}}")
        for name, found in schema["$defs"].items():
            self._put(name, _plain(found))
        return dict(schema["items"])

    def put(self, name: str, schema: Schema) -> Schema:
        """Add a schema as it is; gives a reference to it."""
        self._put(name, schema)
        return reference(name)

    def _put(self, name: str, schema: Schema) -> None:
        if self.schemas.setdefault(name, schema) != schema:
            raise ValueError(f"two different schemas are called {name}: rename one of the models")

    def _name_stages(self, schema: Schema, definitions: dict[str, Schema]) -> None:
        """Give values by stage a short name, after their key, in place of that which pydantic makes of their type."""
        holders = [held["properties"] for held in (schema, *definitions.values()) if "properties" in held]
        for key, declared in (each for holder in holders for each in holder.items()):
            names = [form.get("$ref", "").removeprefix(_COMPONENTS) for form in declared.get("oneOf", ())]
            if any(_is_by_stage(definitions.get(name, {})) for name in names):
                (one_value,) = (form for form in declared["oneOf"] if "$ref" not in form)
                value = self._named(camel_case(key), _plain(one_value))
                declared["oneOf"] = [value, self._named(f"{camel_case(key)}ByStage", _by_stage(value))]
        for name in [name for name, found in definitions.items() if _is_by_stage(found)]:
            del definitions[name]

    def _named(self, name: str, schema: Schema) -> Schema:
        """Add a schema under the name, or under the name with a number where models differ in what they mean by it."""
        names = itertools.chain([name], (f"{name}{number}" for number in itertools.count(2)))
        free = next(found for found in names if self.schemas.get(found, schema) == schema)
        return self.put(free, schema)


def _is_by_stage(schema: Schema) -> bool:
    return schema.get("title") == Staged.__name__


def _by_stage(value: Schema) -> Schema:
    return {
        "type": "object",
        "description": "One value for each stage of a multi-account deployment.",
        "properties": dict.fromkeys(STAGES, value),
        "required": list(STAGES),
        "additionalProperties": False,
    }


def reference(name: str) -> Schema:
    """A reference to a component."""
    return {"$ref": f"{_COMPONENTS}{name}"}


def camel_case(key: str) -> str:
    """`inference_instance` -> `InferenceInstance`."""
    return "".join(part[:1].upper() + part[1:] for part in key.split("_"))


def operation_schema(components: Components, operation: type[Operation]) -> Schema:
    """Add a model card operation, with the `pipeline_type` that its model does not have; gives a reference to it."""
    name = operation.operation
    spellings = [name, *(alias for alias, meant in ALIASES.items() if meant == name)]
    components.add(name, operation)
    schema = components.schemas[name]
    schema["properties"] = {"pipeline_type": {"type": "string", "enum": spellings}, **schema["properties"]}
    schema["required"] = ["pipeline_type", *schema.get("required", [])]
    return reference(name)


def _plain(schema: Schema) -> Schema:
    """A schema without pydantic's titles, which repeat the keys; patterns and limits as the standard has them."""
    plain: Schema = {}
    for keyword, value in schema.items():
        if keyword == "properties":
            plain[keyword] = {key: _plain(inner) for key, inner in value.items()}
        elif keyword == "pattern":
            plain |= _pattern(value)
        elif keyword == "ge":
            # pydantic leaves the limit of a union as it was declared.
            plain["minimum"] = value
        elif keyword != "title":
            plain[keyword] = _plain_value(keyword, value)
    return plain


def _plain_value(keyword: str, value: Any) -> Any:
    if keyword in {"oneOf", "anyOf", "allOf"}:
        return [_plain(inner) for inner in value]
    is_schema = keyword in {"items", "additionalProperties", "propertyNames"} and isinstance(value, Mapping)
    return _plain(dict(value)) if is_schema else value


def _pattern(pattern: str) -> Schema:
    """The pattern in JavaScript's dialect, which OpenAPI names: in its Unicode mode a quote takes no backslash.

    One with classes of Unicode is left out: the regular expressions of many tools know none.
    """
    plain = _ESCAPED.sub(lambda escaped: '"' if escaped[1] == '"' else escaped[0], pattern)
    return {} if "\\p{" in pattern else {"pattern": plain}


def _both_spellings(schema: Schema) -> Schema:
    """Add the other spelling of each key that has one: a request has either, and needs one if the key is required."""
    properties: Schema = {}
    conditions: list[Schema] = []
    required = list(schema.get("required", ()))
    for key, declared in schema["properties"].items():
        other = declared.pop(SPELLING_KEYWORD, "")
        properties[key] = declared
        if not other:
            continue
        properties[other] = {**copy.deepcopy(declared), "description": f"the same as {key}"}
        both = [{"required": [key]}, {"required": [other]}]
        if key in required:
            required.remove(key)
            conditions.append({"oneOf": both})
        else:
            conditions.append({"not": {"allOf": both}})
    found = {**schema, "properties": properties, "required": required}
    return {**found, "allOf": conditions} if conditions else found
