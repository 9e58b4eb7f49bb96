# SPDX-License-Identifier: Apache-2.0
"""JSON whose values CloudFormation fills in: for properties that are JSON as text, such as the input of a schedule.

`Fn::ToJsonString` would need a macro, and with it a capability that pipelines do not have. The values of the parameters
that are filled in hold neither quotes nor backslashes: see the patterns of `orchestrator/values/common.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from troposphere import AWSHelperFn, If, Join, Ref, Split


class Number(Ref):
    """A reference to a parameter that is a number in JSON; as a property of a resource it is a plain reference."""


class Json(Ref):
    """A reference to a parameter that is JSON itself; as a property of a custom resource it is a plain reference."""


class Listed(Split):
    """A parameter that is plain texts with commas between, such as ids: a list of texts, in JSON, too."""

    def __init__(self, parameter: str) -> None:
        super().__init__(",", Ref(parameter))


def quoted(parameter: str) -> Join:
    """A parameter that is one line of any text, for use in JSON: its backslashes and quotes are escaped."""
    without_backslashes = Join("\\\\", Split("\\", Ref(parameter)))
    return Join('\\"', Split('"', without_backslashes))


def json_text(value: Mapping[str, Any]) -> Join:
    """An object as JSON text; a member that is `If(condition, value, NoValue)` is left out when the condition fails.

    So are items of lists. What comes first cannot be left out: the comma belongs to those that follow.
    """
    return Join("", _merged(_pieces(value)))


def _pieces(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        members = [piece for place, member in enumerate(value.items()) for piece in _member(place, *member)]
        return ["{", *members, "}"]
    if isinstance(value, list):
        items = [piece for place, item in enumerate(value) for piece in _optional(place, "", item)]
        return ["[", *items, "]"]
    if isinstance(value, Number | Json):
        return [value]
    if isinstance(value, Listed):
        return ['["', Join('","', value), '"]']
    if isinstance(value, AWSHelperFn):
        return ['"', value, '"']
    return [json.dumps(value)]


def _member(place: int, name: str, value: Any) -> list[Any]:
    return _optional(place, f"{json.dumps(name)}:", value)


def _optional(place: int, name: str, value: Any) -> list[Any]:
    label = f"{',' if place else ''}{name}"
    if not isinstance(value, If):
        return [label, *_pieces(value)]
    if not place:
        raise ValueError(f"the first member, {name}, may be absent: begin with one that is always there")
    condition, given, _ = value.data["Fn::If"]
    return [If(condition, Join("", _merged([label, *_pieces(given)])), "")]


def _merged(pieces: list[Any]) -> list[Any]:
    """The pieces with neighbouring texts joined."""
    merged: list[Any] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    return merged
