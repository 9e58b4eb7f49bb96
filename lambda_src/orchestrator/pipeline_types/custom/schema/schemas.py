# SPDX-License-Identifier: Apache-2.0
"""Checks of a custom type's request schema: a subset of JSON Schema 2020-12, without references to other documents."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator import reach
from orchestrator.errors import Problem
from orchestrator.pipeline_types.custom.schema import engine, schema_walk
from orchestrator.pipeline_types.custom.schema.schema_walk import Place, UnresolvedReferenceError
from orchestrator.problems import shortened
from orchestrator.values.common import NAMES_KEYWORD

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
BY_STAGE: Final = "x-per-stage"
SECRET: Final = "x-secret"  # noqa: S105 - the name of a mark
NAMES: Final = NAMES_KEYWORD
_MARKS: Final = (BY_STAGE, SECRET, NAMES)
_NAMED: Final = tuple(kind.words for kind in reach.KINDS)
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_RESERVED: Final = frozenset({"dry_run", "pipeline_type"})
_MOST_KEYS: Final = 100
_MOST_SCHEMAS: Final = 2_000
_TOP: Final = "request"


def problems(schema: Mapping[str, Any]) -> list[Problem]:
    """Return every problem of a request schema, with keys below `request`."""
    body = {key: value for key, value in schema.items() if key != "$schema"}
    unsafe = [*_dialect(schema), *(problem for place in schema_walk.places(body) for problem in _at(place, body))]
    found = unsafe or list(_of_standard(body)) or list(_of_size(body))
    return found or [*_of_request(body), *_of_keys(body)]


def _problem(path: tuple[str, ...], sentence: str) -> Problem:
    return Problem(".".join((_TOP, *path)), sentence)


def _dialect(schema: Mapping[str, Any]) -> Iterator[Problem]:
    if schema.get("$schema", DIALECT) != DIALECT:
        yield _problem(("$schema",), f"must be {DIALECT}, or left out; got {shortened(schema['$schema'])}")


def _at(place: Place, document: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield the problems of one schema by itself."""
    if not isinstance(place.schema, Mapping):
        return
    for keyword in place.schema.keys() - schema_walk.KEYWORDS:
        if keyword in _MARKS and len(place.path) == 2 and place.path[0] == "properties":
            continue
        yield _problem((*place.path, str(keyword)), _unknown(str(keyword)))
    if "$ref" in place.schema:
        yield from _reference(place, document)
    if "pattern" in place.schema:
        yield from _pattern(place)


def _unknown(keyword: str) -> str:
    if keyword in _MARKS:
        return "goes with a key of the request, not with what is inside"
    near = difflib.get_close_matches(keyword[:100], [*schema_walk.KEYWORDS, *_MARKS], n=1)
    return f"is not known{f', the nearest is {near[0]}' if near else ''}: a request schema cannot use it"


def _reference(place: Place, document: Mapping[str, Any]) -> Iterator[Problem]:
    reference = place.schema["$ref"]
    path = (*place.path, "$ref")
    if not isinstance(reference, str) or not reference.startswith("#/"):
        yield _problem(
            path, f"must begin with #/ and stay in this schema: nothing is fetched; got {shortened(reference)}"
        )
        return
    try:
        schema_walk.resolved(document, reference)
    except UnresolvedReferenceError as error:
        yield _problem(path, str(error))


def _pattern(place: Place) -> Iterator[Problem]:
    pattern = place.schema["pattern"]
    if isinstance(pattern, str) and not engine.is_pattern(pattern):
        words = "must be a regular expression without look-around and references back"
        yield _problem((*place.path, "pattern"), f"{words}; got {shortened(pattern)}")


def _of_standard(body: Mapping[str, Any]) -> Iterator[Problem]:
    return (_problem(found.path, found.text()) for found in engine.schema_problems(body))


def _of_size(body: Mapping[str, Any]) -> Iterator[Problem]:
    try:
        count = schema_walk.size(body, _MOST_SCHEMAS + 1)
    except UnresolvedReferenceError as error:
        yield _problem((), f"has a $ref that {error}")
        return
    if count > _MOST_SCHEMAS:
        yield _problem((), f"is too large: with its references written out it has more than {_MOST_SCHEMAS} schemas")


def _of_request(body: Mapping[str, Any]) -> Iterator[Problem]:
    if body.get("type") != "object":
        yield _problem(("type",), f"must be object: a request is one; got {shortened(body.get('type'))}")
    if body.get("additionalProperties", False) is not False:
        yield _problem(("additionalProperties",), "must be false, or left out: an unknown key is always refused")
    keys = body.get("properties", {})
    if not keys:
        yield _problem(("properties",), "is required: the keys of a request")
    if len(keys) > _MOST_KEYS:
        yield _problem(("properties",), f"must have {_MOST_KEYS} keys at most; it has {len(keys)}")
    for name in body.get("required", ()):
        if name not in keys:
            yield _problem(("required",), f"names {shortened(name)}, which is no key of properties")


def _of_keys(body: Mapping[str, Any]) -> Iterator[Problem]:
    for name, declared in body.get("properties", {}).items():
        path = ("properties", str(name))
        if name in _RESERVED:
            yield _problem(path, "is a key that every request has: choose another name")
        elif not _KEY.fullmatch(name):
            words = "must be 64 lower-case letters, digits and underscores at most, beginning with a letter"
            yield _problem(path, words)
        if not isinstance(declared, Mapping):
            yield _problem(path, f"must be an object that describes the key; got {shortened(declared)}")
            continue
        yield from _of_marks(path, declared)
        if "default" in declared:
            wrong = engine.problems({**body, "type": "object", "required": []}, {name: declared["default"]})
            yield from (_problem((*path, "default"), found.text()) for found in wrong if found.path[:1] == (name,))


def _of_marks(path: tuple[str, ...], declared: Mapping[str, Any]) -> Iterator[Problem]:
    for mark in (BY_STAGE, SECRET):
        if not isinstance(declared.get(mark, False), bool):
            yield _problem((*path, mark), f"must be true or false; got {shortened(declared[mark])}")
    if NAMES in declared and declared[NAMES] not in _NAMED:
        yield _problem((*path, NAMES), f"must be one of {', '.join(_NAMED)}; got {shortened(declared[NAMES])}")
    if declared.get(SECRET) is True and declared.get("type") != "string":
        yield _problem(path, f"needs type: string, because {SECRET} asks for a reference to a secret")
    if declared.get(BY_STAGE) is True and not _has_plain_type(declared):
        yield _problem(path, f"needs a type that is not object: with {BY_STAGE} an object is a value for each stage")


def _has_plain_type(declared: Mapping[str, Any]) -> bool:
    types = declared.get("type", [])
    listed = [types] if isinstance(types, str) else types
    return bool(listed) and "object" not in listed
