# SPDX-License-Identifier: Apache-2.0
"""Policy documents, parsed once into frozen values.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

ANYBODY: Final = "*"
_EFFECTS: Final = frozenset({"Allow", "Deny"})


class MalformedPolicyError(ValueError):
    """Policy document that IAM would reject; the message gives the reason."""


@dataclass(frozen=True)
class Test:
    """Test in a Condition element: an operator, a condition key, and the values that satisfy it."""

    __test__ = False  # pytest takes every class of this name for a test class

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """Statement of a policy. At most one of each pair (`actions`, `not_actions`) is set; None is an absent element."""

    effect: str
    actions: tuple[str, ...] | None = None
    not_actions: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None
    not_resources: tuple[str, ...] | None = None
    principals: Mapping[str, tuple[str, ...]] | None = None
    not_principals: Mapping[str, tuple[str, ...]] | None = None
    conditions: tuple[Test, ...] = ()
    sid: str = ""


@dataclass(frozen=True)
class Document:
    """Policy document; the order of its statements has no meaning."""

    statements: tuple[Statement, ...] = field(default=())


def parse(policy: str | Mapping[str, Any]) -> Document:
    """Parse a policy from JSON text or from a mapping. Raise MalformedPolicyError."""
    if isinstance(policy, str):
        return _parsed_text(policy)
    statements = policy.get("Statement", [])
    listed = [statements] if isinstance(statements, Mapping) else statements
    return Document(tuple(_statement(each) for each in listed))


@functools.lru_cache(maxsize=2048)
def _parsed_text(text: str) -> Document:
    try:
        policy = json.loads(text)
    except ValueError as error:
        raise MalformedPolicyError(f"the policy is not JSON: {error}") from error
    if not isinstance(policy, Mapping):
        raise MalformedPolicyError("a policy is an object with the key Statement")
    return parse(policy)


def _statement(given: Mapping[str, Any]) -> Statement:
    effect = given.get("Effect")
    if effect not in _EFFECTS:
        raise MalformedPolicyError(f"Effect must be Allow or Deny, not {effect!r}")
    if ("Action" in given) == ("NotAction" in given):
        raise MalformedPolicyError("a statement has either Action or NotAction")
    return Statement(
        effect=str(effect),
        actions=_texts(given.get("Action")),
        not_actions=_texts(given.get("NotAction")),
        resources=_texts(given.get("Resource")),
        not_resources=_texts(given.get("NotResource")),
        principals=_principals(given.get("Principal")),
        not_principals=_principals(given.get("NotPrincipal")),
        conditions=tuple(_tests(given.get("Condition") or {})),
        sid=str(given.get("Sid", "")),
    )


def _principals(given: Any) -> Mapping[str, tuple[str, ...]] | None:
    if given is None:
        return None
    if isinstance(given, str):
        return {"AWS": (given,)}
    return {kind: _texts(names) or () for kind, names in given.items()}


def _tests(given: Mapping[str, Mapping[str, Any]]) -> list[Test]:
    return [
        Test(operator, key, _texts(values) or ()) for operator, lines in given.items() for key, values in lines.items()
    ]


def _texts(given: Any) -> tuple[str, ...] | None:
    """Return a value or a list of values as strings; booleans in lower case, as in policies."""
    if given is None:
        return None
    listed = given if isinstance(given, list | tuple) else [given]
    return tuple(str(each).lower() if isinstance(each, bool) else str(each) for each in listed)
