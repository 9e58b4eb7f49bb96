# SPDX-License-Identifier: Apache-2.0
"""CloudFormation's intrinsic functions and conditions.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from moto.cloudformation.exceptions import ValidationError

from scripts.local_aws.cloudformation.template.template import Template, get_att

_SUB_PART = re.compile(r"\$\{(!?)([^{}]*)\}")
_ABSENT = object()


class ResourceValues(Protocol):
    """Source of the values of other resources."""

    def ref(self, logical_id: str) -> Any:
        """Return the value of Ref of a resource."""

    def attribute(self, logical_id: str, name: str) -> Any:
        """Return the value of Fn::GetAtt of a resource."""


class UnmadeResources:
    """Placeholders for the values of resources, used to compare templates before anything is made."""

    def ref(self, logical_id: str) -> Any:
        """Return a text that no value can equal by chance."""
        return f"<Ref {logical_id}>"

    def attribute(self, logical_id: str, name: str) -> Any:
        """Return a text that no value can equal by chance."""
        return f"<GetAtt {logical_id}.{name}>"


class Resolver:
    """Resolver of template parts for given parameters; `values` holds parameters and pseudo parameters by name."""

    def __init__(self, template: Template, values: Mapping[str, Any], resources: ResourceValues) -> None:
        self._template = template
        self._values = values
        self._resources = resources
        self._conditions: dict[str, bool] = {}
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::If": self._if,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::FindInMap": self._find_in_map,
            "Fn::Base64": lambda value: base64.b64encode(_text(self.value(value)).encode()).decode(),
            "Fn::ToJsonString": lambda value: json.dumps(self.value(value)),
        }
        self._tests: dict[str, Callable[[Any], bool]] = {
            "Fn::Equals": lambda pair: _text(self.value(pair[0])) == _text(self.value(pair[1])),
            "Fn::Not": lambda one: not self._test(one[0]),
            "Fn::And": lambda several: all(self._test(one) for one in several),
            "Fn::Or": lambda several: any(self._test(one) for one in several),
            "Condition": self.condition,
        }

    def condition(self, name: str) -> bool:
        """Whether a named condition holds. An unknown name is an error of the template."""
        if name not in self._conditions:
            declared = self._template.get("Conditions") or {}
            if name not in declared:
                raise ValidationError(message=f"Template error: unresolved condition dependency {name}")
            self._conditions[name] = self._test(declared[name])
        return self._conditions[name]

    def failed_assertions(self) -> list[str]:
        """Return the descriptions of the failed assertions, of the rules that apply."""
        return [
            str(asserted.get("AssertDescription", f"Assert of rule {name} failed"))
            for name, rule in (self._template.get("Rules") or {}).items()
            if "RuleCondition" not in rule or self._test(rule["RuleCondition"])
            for asserted in rule["Assertions"]
            if not self._test(asserted["Assert"])
        ]

    def is_active(self, part: Mapping[str, Any]) -> bool:
        """Whether a resource or an output exists under its condition."""
        return "Condition" not in part or self.condition(part["Condition"])

    def value(self, node: Any) -> Any:
        """Return the value of a part of the template. `AWS::NoValue` removes a member; a whole part becomes None."""
        found = self._value(node)
        return None if found is _ABSENT else found

    def _value(self, node: Any) -> Any:
        if isinstance(node, list):
            return [found for item in node if (found := self._value(item)) is not _ABSENT]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            name, argument = next(iter(node.items()))
            if name in self._functions:
                return self._functions[name](argument)
            if isinstance(name, str) and name.startswith("Fn::"):
                raise ValidationError(message=f"Template error: the local AWS does not know the function {name}")
        members = ((key, self._value(item)) for key, item in node.items())
        return {key: found for key, found in members if found is not _ABSENT}

    def _test(self, node: Any) -> bool:
        if isinstance(node, dict) and len(node) == 1:
            name, argument = next(iter(node.items()))
            if name in self._tests:
                return self._tests[name](argument)
        raise ValidationError(message=f"Template error: {json.dumps(node)} is not a condition")

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _ABSENT
        if name in self._values:
            return self._values[name]
        return self._resources.ref(name)

    def _get_att(self, argument: Any) -> Any:
        logical_id, attribute = get_att(argument)
        return self._resources.attribute(logical_id, _text(self.value(attribute)))

    def _if(self, argument: list[Any]) -> Any:
        if not isinstance(argument, list) or len(argument) != 3:
            raise ValidationError(message="Template error: Fn::If requires a list argument with three elements")
        name, holds, otherwise = argument
        return self._value(holds if self.condition(name) else otherwise)

    def _sub(self, argument: Any) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else (argument[0], argument[1])

        def replace(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return f"${{{name}}}"
            if name in own:
                return _text(self.value(own[name]))
            return _text(self.value({"Fn::GetAtt": name} if "." in name else {"Ref": name}))

        return _SUB_PART.sub(replace, text)

    def _join(self, argument: Any) -> str:
        separator, items = argument
        return str(separator).join(_text(item) for item in self.value(items))

    def _select(self, argument: Any) -> Any:
        index, items = int(self.value(argument[0])), self.value(argument[1])
        if isinstance(self._resources, UnmadeResources) and index >= len(items):
            # Part of a value that is not known yet.
            return f"<Select {index} of {items}>"
        if index >= len(items):
            raise ValidationError(
                message="Template error: Fn::Select cannot select nonexistent value at index " + str(index)
            )
        return items[index]

    def _split(self, argument: Any) -> list[str]:
        return _text(self.value(argument[1])).split(argument[0])

    def _find_in_map(self, argument: list[Any]) -> Any:
        name, first, second = (self.value(part) for part in argument)
        try:
            return self._template["Mappings"][name][_text(first)][_text(second)]
        except KeyError as error:
            raise ValidationError(
                message=f"Template error: Unable to get mapping for {name}::{first}::{second}"
            ) from error


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
