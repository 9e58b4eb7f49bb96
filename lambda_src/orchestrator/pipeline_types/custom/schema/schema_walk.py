# SPDX-License-Identifier: Apache-2.0
"""Subschemas of a JSON schema, and the targets of its references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Path = tuple[str, ...]

_ONE: Final = frozenset({"additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then"})
_LISTED: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_NAMED: Final = frozenset({"$defs", "dependentSchemas", "properties"})
_PLAIN: Final = frozenset(
    {
        *("$comment", "$ref", "const", "default", "dependentRequired", "deprecated", "description", "enum", "examples"),
        *("exclusiveMaximum", "exclusiveMinimum", "format", "maxContains", "maxItems", "maxLength", "maxProperties"),
        *("maximum", "minContains", "minItems", "minLength", "minProperties", "minimum", "multipleOf", "pattern"),
        *("readOnly", "required", "title", "type", "uniqueItems", "writeOnly"),
    }
)
_LONGEST_CHAIN: Final = 10
"""Length of a chain of references, each of which takes a level of the stack."""
KEYWORDS: Final = _ONE | _LISTED | _NAMED | _PLAIN
"""Allowed keywords of JSON Schema 2020-12: none that changes what a reference means, or leads to other documents."""


@dataclass(frozen=True)
class Place:
    """A schema, or the value in place of one."""

    path: Path
    schema: Any

    @property
    def key(self) -> str:
        """The path as part of a problem's key."""
        return ".".join(self.path)


def places(schema: Any, path: Path = ()) -> Iterator[Place]:
    """Yield the schema and all its subschemas. Ends because the depth was limited on reading."""
    yield Place(path, schema)
    for inner in _inner(schema, path):
        yield from places(inner.schema, inner.path)


def _inner(schema: Any, path: Path) -> Iterator[Place]:
    members = schema if isinstance(schema, Mapping) else {}
    for keyword, value in members.items():
        if keyword in _ONE:
            yield Place((*path, keyword), value)
        elif keyword in _LISTED and isinstance(value, list):
            yield from (Place((*path, keyword, str(index)), item) for index, item in enumerate(value))
        elif keyword in _NAMED and isinstance(value, Mapping):
            yield from (Place((*path, keyword, str(name)), item) for name, item in value.items())


class UnresolvedReferenceError(Exception):
    """A reference has no target, or is circular; `str()` completes its key."""


def resolved(document: Any, reference: str) -> Any:
    """Return the target of a reference into the same document; raises `UnresolvedReferenceError`."""
    found = document
    for part in reference.removeprefix("#/").split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            raise UnresolvedReferenceError(f"leads nowhere: there is no {reference[:80]}")
    return found


def size(document: Any, most: int) -> int:
    """Return the number of schemas with references expanded, up to `most`; raises `UnresolvedReferenceError`.

    A few nested references can expand to millions of schemas to check each value by, or without end.
    """
    known: dict[str, tuple[int, int]] = {}

    def of(schema: Any, under: tuple[str, ...]) -> tuple[int, int]:
        """Return the number of schemas, and of references in a row, of a schema below these references."""
        found = [of(inner.schema, under) for inner in _inner(schema, ())]
        reference = schema.get("$ref") if isinstance(schema, Mapping) else None
        if isinstance(reference, str):
            if reference in under:
                raise UnresolvedReferenceError(f"leads in a circle through {reference[:80]}")
            if reference not in known and len(under) < _LONGEST_CHAIN:
                known[reference] = of(resolved(document, reference), (*under, reference))
            total, chain = known.get(reference, (most, _LONGEST_CHAIN))
            found.append((total, chain + 1))
        longest = max((chain for _, chain in found), default=0)
        if longest > _LONGEST_CHAIN:
            raise UnresolvedReferenceError(f"leads on through more than {_LONGEST_CHAIN} others")
        return min(1 + sum(total for total, _ in found), most), longest

    return of(document, ())[0]
