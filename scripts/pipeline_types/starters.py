# SPDX-License-Identifier: Apache-2.0
"""First request of a type: its author's example, or one made from its schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_EMPTY: Final[Mapping[str, Any]] = {
    "array": [],
    "boolean": False,
    "integer": 1,
    "number": 1,
    "object": {},
}


def starter(schema: Mapping[str, Any], example: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a request, from the schema that `GET /pipeline-types/{name}` answers. Unknown values are put in <>."""
    if example:
        return dict(example)
    properties = schema["properties"]
    return {name: _value(name, properties[name]) for name in schema["required"] if name in properties}


def _value(name: str, schema: Mapping[str, Any]) -> Any:
    # The schema of a value by stage is a choice between one value and three.
    declared = schema["oneOf"][0] if "x-per-stage" in schema and "oneOf" in schema else schema
    for word in ("const", "default"):
        if word in declared:
            return declared[word]
    for word in ("examples", "enum"):
        if declared.get(word):
            return declared[word][0]
    types = declared.get("type", "string")
    wanted = types if isinstance(types, str) else types[0]
    if wanted in {"integer", "number"}:
        return declared.get("minimum", declared.get("maximum", _EMPTY[wanted]))
    return _EMPTY.get(wanted, f"<{schema.get('description') or declared.get('description') or name}>")
