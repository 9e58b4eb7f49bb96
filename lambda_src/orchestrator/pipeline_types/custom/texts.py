# SPDX-License-Identifier: Apache-2.0
"""Values of a request as texts, the form of CloudFormation parameters."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.pipeline_types.custom.template import TemplateParameter

REFERENCE: Final = "{{resolve:"
"""Prefix of CloudFormation's dynamic references; in a value they would be resolved with the stack's permissions.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
"""
_DEEPEST: Final = 20
_LARGEST: Final = 2**63
_MOST: Final = 10_000


class UnrepresentableValueError(Exception):
    """A value cannot be given to its parameter; `str()` completes the key."""


def of(value: Any, parameter: TemplateParameter) -> str:
    """Return the text of a value; raises `UnrepresentableValueError`."""
    if value is None:
        raise UnrepresentableValueError("must not be null: leave the key out")
    if isinstance(value, list) and parameter.is_list:
        return ",".join(_entry(entry) for entry in value)
    return _plain(value)


def _entry(entry: Any) -> str:
    if entry is None or isinstance(entry, list | Mapping):
        raise UnrepresentableValueError("must be a list of plain values: CloudFormation separates them by commas")
    text = _plain(entry)
    if "," in text:
        raise UnrepresentableValueError("must have no comma in its entries: CloudFormation separates them by commas")
    return text


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def unfit(value: Any) -> str:
    """Return why no key can have this value, as a sentence that completes the key; empty if it can be checked."""
    for count, (depth, leaf) in enumerate(_nodes(value)):
        if depth > _DEEPEST:
            return f"is nested more than {_DEEPEST} levels deep"
        if count > _MOST:
            return f"holds more than {_MOST} values"
        if isinstance(leaf, int | float) and abs(leaf) >= _LARGEST:
            return "holds a number that is too large"
        if isinstance(leaf, str) and not _is_text(leaf):
            return "holds half of a surrogate pair, which is no text"
    return ""


def holds_reference(value: Any) -> bool:
    """True if a text in the value, or a key of an object in it, contains a reference."""
    return any(isinstance(leaf, str) and REFERENCE in leaf.lower() for _, leaf in _nodes(value))


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _nodes(value: Any) -> Iterator[tuple[int, Any]]:
    """Yield every value inside with its depth, without recursion; names of members count as values."""
    waiting = [(0, value)]
    while waiting:
        depth, node = waiting.pop()
        yield depth, node
        if isinstance(node, Mapping):
            waiting += [(depth + 1, inner) for member in node.items() for inner in member]
        elif isinstance(node, list):
            waiting += [(depth + 1, inner) for inner in node]
