# SPDX-License-Identifier: Apache-2.0
"""Constraints in the SDK's description of an API that boto3 does not check itself: enums, patterns, limits.

AWS's services report violations in one common format, which their clients and stacks show to people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.model import Shape

from scripts.local_aws import identity


def violations(service: str, operation: str, request: Mapping[str, Any]) -> str:
    """Return the violations of a request in AWS's words; empty if there are none."""
    shape = identity.service_model(service).operation_model(operation).input_shape
    found = list(_violations(shape, request, ""))
    if not found:
        return ""
    return f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: {'; '.join(found)}"


def _violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    for inner, item, place in _parts(shape, value, path):
        yield from _violations(inner, item, place)
    for constraint in broken(shape, value):
        yield f"Value '{value}' at '{path}' failed to satisfy constraint: Member must {constraint}"


def _parts(shape: Shape, value: Any, path: str) -> Iterator[tuple[Shape, Any, str]]:
    """Yield what is in a value, with its shape and its path."""
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if value.get(name) is not None:
                yield member, value[name], f"{path}.{name[0].lower()}{name[1:]}".lstrip(".")
    elif shape.type_name == "list":
        for number, item in enumerate(value, 1):
            yield shape.member, item, f"{path}.{number}.member"
    elif shape.type_name == "map":
        for key, item in value.items():
            yield shape.key, key, f"{path}.{key}.key"
            yield shape.value, item, f"{path}.{key}.value"


def broken(shape: Shape, value: Any) -> Iterator[str]:
    """Yield the constraints that a value violates: `satisfy enum value set: [...]`."""
    rules = shape.metadata
    if shape.type_name == "string":
        if "enum" in rules and value not in rules["enum"]:
            yield f"satisfy enum value set: [{', '.join(rules['enum'])}]"
        if "pattern" in rules and not _matches(rules["pattern"], value):
            yield f"satisfy regular expression pattern: {rules['pattern']}"
        yield from _outside(rules, len(value), "length")
    elif shape.type_name in ("list", "map"):
        yield from _outside(rules, len(value), "length")
    elif shape.type_name in ("integer", "long"):
        yield from _outside(rules, value, "value")


def _outside(rules: Mapping[str, Any], number: int, what: str) -> Iterator[str]:
    if number > rules.get("max", number):
        yield f"have {what} less than or equal to {rules['max']}"
    if number < rules.get("min", number):
        yield f"have {what} greater than or equal to {rules['min']}"


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        # The patterns are Java's; those of tags use character classes that Python lacks.
        return True
