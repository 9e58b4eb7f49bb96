# SPDX-License-Identifier: Apache-2.0
"""Where in a JSON schema other schemas stand, and what its references lead to."""

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
"""References that lead to references: each takes a level of the stack."""
KEYWORDS: Final = _ONE | _LISTED | _NAMED | _PLAIN
"""What a schema may use of JSON Schema 2020-12: nothing that changes what a reference means, or leads elsewhere."""


@dataclass(frozen=True)
class Place:
    """A schema, or what stands in the place of one."""

    path: Path
    schema: Any

    @property
    def key(self) -> str:
        """The path as problems have it."""
        return ".".join(self.path)


def places(schema: Any, path: Path = ()) -> Iterator[Place]:
    """The schema and all that stand in it. Its depth was limited when it was read, so this ends."""
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
    """A reference leads nowhere, or in a circle; `str()` completes its key."""


def resolved(document: Any, reference: str) -> Any:
    """What a reference into the same document leads to; raises `UnresolvedReferenceError`."""
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
    """How many schemas there are when each reference is written out, up to `most`; raises `UnresolvedReferenceError`.

    A few lines of references to references can mean millions of schemas to check each value by, or no end at all.
    """
    known: dict[str, tuple[int, int]] = {}

    def of(schema: Any, under: tuple[str, ...]) -> tuple[int, int]:
        """Of a schema under references: how many schemas it means, and through how many references in a row."""
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
