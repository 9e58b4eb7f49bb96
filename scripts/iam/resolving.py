# SPDX-License-Identifier: Apache-2.0
"""Resolution of template values to texts and patterns: whatever is unknown before the stack exists becomes a star."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Final

Template = Mapping[str, Any]

NO_VALUE: Final = {"Ref": "AWS::NoValue"}
UNKNOWN: Final = "*"
_VARIABLE: Final = re.compile(r"\$\{(?P<name>[^!}]+)\}")


@dataclass(frozen=True)
class Place:
    """Partition, Region, account and stack name of a deployment; each may be a star."""

    partition: str = UNKNOWN
    region: str = UNKNOWN
    account: str = UNKNOWN
    stack: str = "mlops-pipeline-*"
    url_suffix: str = "amazonaws.com"

    def arn(self, service: str, rest: str, region: str | None = None, account: str | None = None) -> str:
        """Return an ARN at this place."""
        region = self.region if region is None else region
        account = self.account if account is None else account
        return f"arn:{self.partition}:{service}:{region}:{account}:{rest}"

    @property
    def pseudo_parameters(self) -> Mapping[str, str]:
        """CloudFormation's pseudo parameters."""
        return {
            "AWS::AccountId": self.account,
            "AWS::Partition": self.partition,
            "AWS::Region": self.region,
            "AWS::StackName": self.stack,
            "AWS::URLSuffix": self.url_suffix,
        }


@dataclass(frozen=True)
class Resolver:
    """Template at a place, with the values of the known parameters.

    `physical` and `arns` return the values of Ref and of the attribute Arn of a resource.
    """

    template: Template
    place: Place
    given: Mapping[str, str]
    physical: Callable[[Resolver, str], list[str]]
    arns: Callable[[Resolver, str], list[str]]
    known: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", {**self.place.pseudo_parameters, **self.given})

    def texts(self, value: Any) -> list[str]:
        """Return every text that a value may become."""
        if isinstance(value, list | tuple):
            return [text for item in value for text in self.texts(item)]
        if not isinstance(value, Mapping):
            return [str(value)]
        if value == NO_VALUE:
            return []
        name, argument = next(iter(value.items()), ("", None))
        call = getattr(self, f"_{name.removeprefix('Fn::').lower()}", None) if len(value) == 1 else None
        return list(dict.fromkeys(call(argument))) if call else [UNKNOWN]

    def structure(self, value: Any) -> Any:
        """Return a policy, or a part of one, with texts and lists of texts in place of function calls."""
        if isinstance(value, list | tuple):
            return [item for each in value for item in self._items(each)]
        if not isinstance(value, Mapping):
            return value
        if "Fn::If" in value:
            branches = list(self.branches(value["Fn::If"]))
            return self.structure(branches[0]) if branches else None
        if is_call(value):
            texts = self.texts(value)
            return texts[0] if len(texts) == 1 else texts
        members = ((name, self.structure(item)) for name, item in value.items() if item != NO_VALUE)
        return {name: item for name, item in members if item is not None}

    def properties(self, logical_id: str) -> Mapping[str, Any]:
        """Return the properties of a resource without those that are certainly absent."""
        given = self.template["Resources"][logical_id].get("Properties") or {}
        return {name: item for name, item in given.items() if not self.is_absent(item)}

    def is_absent(self, value: Any) -> bool:
        """Whether a value is certainly absent."""
        if isinstance(value, Mapping) and "Fn::If" in value:
            return not list(self.branches(value["Fn::If"]))
        return bool(value == NO_VALUE)

    def is_made(self, logical_id: str) -> bool:
        """Whether a resource may exist at all."""
        condition = self.template["Resources"][logical_id].get("Condition")
        return condition is None or self._holds({"Condition": condition}) is not False

    def _items(self, each: Any) -> list[Any]:
        if isinstance(each, Mapping) and "Fn::If" in each:
            found = [self.structure(branch) for branch in self.branches(each["Fn::If"])]
            return [item for one in found for item in (one if isinstance(one, list) else [one])]
        if isinstance(each, Mapping) and is_call(each):
            return list(self.texts(each))
        return [self.structure(each)]

    def branches(self, argument: Any) -> Iterator[Any]:
        """Yield the values that an If may return, without `AWS::NoValue`."""
        name, yes, no = argument
        holds = self._holds({"Condition": name})
        for branch in [*([] if holds is False else [yes]), *([] if holds is True else [no])]:
            if isinstance(branch, Mapping) and "Fn::If" in branch:
                yield from self.branches(branch["Fn::If"])
            elif branch != NO_VALUE:
                yield branch

    def _holds(self, condition: Any) -> bool | None:
        """Whether a condition holds; None if that depends on unknown values."""
        name, argument = next(iter(condition.items()))
        if name == "Condition":
            declared = self.template.get("Conditions") or {}
            return self._holds(declared[argument]) if argument in declared else None
        if name == "Fn::Equals":
            one, other = (self.texts(each) for each in argument)
            # A star that was given as a parameter's value is known, not a guess.
            guessed = [texts for each, texts in zip(argument, (one, other), strict=True) if not self._is_given(each)]
            if any(UNKNOWN in text for texts in guessed for text in texts) or len(one) != 1 or len(other) != 1:
                return None
            return bool(one == other)
        parts: list[bool | None] = [self._holds(each) for each in argument]
        if name == "Fn::Not":
            return None if parts[0] is None else not parts[0]
        decides = bool(name == "Fn::Or")
        if decides in parts:
            return decides
        return None if None in parts else not decides

    def _is_given(self, value: Any) -> bool:
        return value == UNKNOWN or (isinstance(value, Mapping) and value.get("Ref") in self.given)

    def _if(self, argument: Any) -> list[str]:
        return [text for branch in self.branches(argument) for text in self.texts(branch)]

    def _ref(self, name: str) -> list[str]:
        if name in self.known:
            return [self.known[name]]
        return self.physical(self, name) if name in self.template["Resources"] else [UNKNOWN]

    def _getatt(self, argument: Any) -> list[str]:
        name, _, attribute = argument.partition(".") if isinstance(argument, str) else (argument[0], "", argument[1])
        is_arn = attribute == "Arn" and name in self.template["Resources"]
        return self.arns(self, name) if is_arn else [UNKNOWN]

    def _sub(self, argument: Any) -> list[str]:
        text, more = (argument, {}) if isinstance(argument, str) else argument
        names = list(dict.fromkeys(found["name"] for found in _VARIABLE.finditer(text)))
        choices = [self.texts(more[name]) if name in more else self._variable(name) for name in names]
        return [self._filled(text, dict(zip(names, chosen, strict=True))) for chosen in product(*choices)]

    def _variable(self, name: str) -> list[str]:
        return self._getatt(name) if "." in name else self._ref(name)

    def _filled(self, text: str, chosen: Mapping[str, str]) -> str:
        return _VARIABLE.sub(lambda found: chosen[found["name"]], text).replace("${!", "${")

    def _join(self, argument: Any) -> list[str]:
        separator, parts = argument
        if not isinstance(parts, list | tuple):
            # The parts make up one text; each is known or is not.
            return [separator.join(self.texts(parts))]
        return [separator.join(chosen) for chosen in product(*map(self.texts, parts))]

    def _split(self, argument: Any) -> list[str]:
        separator, text = argument
        return [part for whole in self.texts(text) for part in whole.split(separator)]

    def _select(self, argument: Any) -> list[str]:
        index, parts = argument
        texts = self.texts(parts)
        return texts[int(index) :][:1] or [UNKNOWN]


def is_call(value: Mapping[str, Any]) -> bool:
    """Whether a mapping is a call of one of CloudFormation's functions."""
    name = next(iter(value), "")
    return len(value) == 1 and (name == "Ref" or name.startswith("Fn::"))
