# SPDX-License-Identifier: Apache-2.0
"""Bodies that nobody sends by mistake: valid requests with something hostile in them, and texts that are no request."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st

from tests.hostile.planted import CANARY

INJECTIONS: Final = (
    "{{resolve:secretsmanager:x}}",
    "{{resolve:ssm-secure:x:1}}",
    "${AWS::AccountId}",
    "${aws:username}",
    "$(id)",
    "`id`",
    "\n- echo pwned",
    "'; rm -rf /; '",
    '", "Action": "*", "x": "',
    "../../x",
    "/../x",
    "*",
    "?",
    "arn:aws:iam::aws:policy/AdministratorAccess",
    "#{variables.x}",
    "<script>alert(1)</script>",
    "%s%n",
    "{0.__class__}",
    "\x00",
    "\x1b[2J",
    "\u202egnp.exe",
    "\u2028",
    "\ufeff",
    "\U0001f600",
    "\ud800",
    "\udfff",
    "s3://b/k",
    "s3:///",
    "/b/k",
    '{"dev": {}}',
    " ",
    "\t",
    "\r\n",
)


class Raw(str):
    """A piece of JSON that is written as it is."""

    __slots__ = ()


class Pairs(list[tuple[str, Any]]):
    """An object whose keys may be repeated."""


TOKENS: Final = tuple(
    Raw(token)
    for token in (
        *("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "-0.0", "1e308", "1E-999", "0.1e1", "00", "+1", "0x10"),
        *("1" * 309, "9" * 5000, "-" + "9" * 400, f"1e{'9' * 400}", "True", "undefined", "'x'", '"\\x"', '"\t"'),
        *('"\\ud83d"', '"\\udead\\ud83d"', "[" * 70 + "]" * 70, '{"a":' * 70 + "1" + "}" * 70, "[" * 2000),
    )
)
VALUES: Final = (
    *(None, True, False, 0, 1, -1, 2, 1.5, -0.0, 2**31, 2**63, 2**64, 10**300, 1e300, 5e-324),
    *("", "0", "1", "true", "True", "null", "NaN", "inf", "1e400", "-1", "9" * 400, "0x1", "\u0661", "x" * 5000),
    *([], {}, [[]], [{}], [None], {"": ""}, {"": None}, ["x"] * 200, list(range(50))),
    *({"dev": "x"}, {"dev": None, "staging": None, "prod": None}, {"dev": {"dev": {}}}, {"$ref": "#"}),
    *({"__proto__": {"x": 1}}, {"__class__": "x"}, {"constructor": {}}, {"Ref": "AWS::AccountId"}),
    *({"Fn::Sub": "${AWS::AccountId}"}, {"Fn::Transform": {"Name": "AWS::Include"}}),
)
KEYS: Final = (
    *("", " ", "x", "password", "aws_secret_access_key", "__class__", "__proto__", "model_config", "_chosen_name"),
    *("dry_run", "pipeline_type", "model_name", "MODEL_NAME", "model_name ", "parameters", "stack_name", "self", "cls"),
    *INJECTIONS,
)


def written(node: Any) -> str:
    """A tree as JSON, or as nearly JSON as it can be."""
    if isinstance(node, Raw):
        return node
    if isinstance(node, dict | Pairs):
        pairs = node.items() if isinstance(node, dict) else node
        return "{" + ", ".join(f"{json.dumps(key)}: {written(value)}" for key, value in pairs) + "}"
    if isinstance(node, list):
        return "[" + ", ".join(map(written, node)) + "]"
    return json.dumps(node)


@dataclass(frozen=True)
class Place:
    """Somewhere in a tree: what holds it, and under which key or index."""

    holder: Any
    key: Any

    @property
    def value(self) -> Any:
        """What stands there."""
        return self.holder[self.key]

    def put(self, value: Any) -> None:
        """Put something else there."""
        self.holder[self.key] = value


def places(tree: dict[str, Any]) -> Iterator[Place]:
    """Every place in a tree of dictionaries and lists, however deep it is."""
    holders: list[Any] = [tree]
    for holder in holders:
        for key, value in list(holder.items() if isinstance(holder, dict) else enumerate(holder)):
            yield Place(holder, key)
            if isinstance(value, dict | list) and not isinstance(value, Pairs):
                holders.append(value)


_value: Final = st.one_of(
    st.sampled_from(VALUES),
    st.sampled_from(TOKENS),
    st.sampled_from(INJECTIONS),
    st.text(max_size=20),
    st.integers(),
    st.floats(),
)
_key: Final = st.one_of(st.sampled_from(KEYS), st.text(max_size=10))


def _replace(draw: st.DrawFn, place: Place) -> None:
    place.put(copy.deepcopy(draw(_value)))


def _inject(draw: st.DrawFn, place: Place) -> None:
    """Something hostile before, behind or inside a text, or in place of what is none."""
    value, text = place.value, draw(st.sampled_from(INJECTIONS))
    at = draw(st.sampled_from((0, len(value) // 2, len(value)))) if isinstance(value, str) else 0
    place.put(f"{value[:at]}{text}{value[at:]}" if isinstance(value, str) else text)


def _add(draw: st.DrawFn, place: Place) -> None:
    if isinstance(place.holder, dict):
        place.holder[draw(_key)] = copy.deepcopy(draw(_value))
    else:
        place.holder.append(copy.deepcopy(draw(_value)))


def _plant(draw: st.DrawFn, place: Place) -> None:
    if isinstance(place.holder, dict):
        place.holder[f"{draw(_key)}x"] = CANARY
    else:
        place.put(CANARY)


def _drop(_: st.DrawFn, place: Place) -> None:
    del place.holder[place.key]


def _rename(draw: st.DrawFn, place: Place) -> None:
    value = place.holder.pop(place.key)
    if isinstance(place.holder, dict):
        place.holder[draw(_key)] = value


def _repeat(_: st.DrawFn, place: Place) -> None:
    value = place.value
    place.put(Pairs([*value.items(), *value.items()]) if isinstance(value, dict) else [value, value])


def _list(draw: st.DrawFn, place: Place) -> None:
    place.put([copy.deepcopy(place.value) for _ in range(draw(st.integers(1, 3)))])


def _by_stage(draw: st.DrawFn, place: Place) -> None:
    stages = draw(st.sampled_from((("dev",), ("dev", "staging", "prod"))))
    place.put({stage: copy.deepcopy(place.value) for stage in stages})


def _deepen(draw: st.DrawFn, place: Place) -> None:
    key = draw(st.sampled_from(("x", "dev")))
    for _ in range(draw(st.sampled_from((1, 5, 60, 70)))):
        place.put({key: place.value})


_CHANGES: Final = (
    *(_inject, _inject, _inject, _inject, _replace, _replace, _replace, _add, _plant, _drop, _rename, _repeat),
    *(_list, _by_stage, _deepen),
)


def _change(draw: st.DrawFn, tree: dict[str, Any]) -> None:
    """One hostile change somewhere in the tree."""
    found = list(places(tree))
    if found:
        draw(st.sampled_from(_CHANGES))(draw, found[draw(st.integers(0, len(found) - 1))])


@st.composite
def changed(draw: st.DrawFn, example: dict[str, Any]) -> str:
    """A valid body with one to four hostile changes, as text; its type stays, most of the time."""
    tree = copy.deepcopy(example)
    for _ in range(draw(st.sampled_from((1, 1, 1, 2, 4)))):
        _change(draw, tree)
    if draw(st.integers(0, 9)):
        tree["pipeline_type"] = example["pipeline_type"]
    repeated = draw(st.integers(0, 19)) == 0 and tree
    return written(Pairs([*tree.items(), *tree.items()]) if repeated else tree)


_json: Final = st.recursive(
    st.one_of(_value, st.none(), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_key, inner, max_size=4)),
    max_leaves=10,
)
_shapeless: Final = (
    *("", " ", "\x00", "{", "}", "[]", "{}", "null", "true", '""', "0", '{"":}', "{]", '{"a" 1}', "\ufeff{}", "{}{}"),
    *("[" * 100_000, '{"a":' * 40_000, '"' + "x" * 300_000 + '"', "9" * 200_000, '{"pipeline_type": "' + "x" * 200_000),
    *("[" + "[]," * 80_000 + "[]]", json.dumps({f"k{number}": 0 for number in range(12_000)})),
    '{"a": 1' + ', "a": 1' * 30_000 + "}",
)


@st.composite
def free_form(draw: st.DrawFn, types: tuple[str, ...]) -> str:
    """JSON of any form, or no JSON; sometimes it says that it is a request."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return draw(st.sampled_from(_shapeless))
    if kind == 1:
        return draw(st.text(max_size=60))
    tree = draw(_json)
    if isinstance(tree, dict) and kind > 4:
        tree["pipeline_type"] = draw(st.sampled_from(types))
    return written(tree)
