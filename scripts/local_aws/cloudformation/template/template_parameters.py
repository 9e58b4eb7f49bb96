# SPDX-License-Identifier: Apache-2.0
"""Parameter values of a stack: defaults, previous values, and CloudFormation's checks.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from moto.cloudformation.exceptions import ValidationError

from scripts.local_aws.cloudformation.template.template import Template

_VALUE_LIMIT = 4096
NO_ECHO = "****"


def resolve(template: Template, given: list[dict[str, Any]], previous: Mapping[str, str]) -> dict[str, str]:
    """Return every parameter's value as text, in the template's order.

    `given` is the API's list of ParameterKey, ParameterValue, UsePreviousValue; `previous` are the stack's values.
    Raises CloudFormation's ValidationError.
    """
    declared = template.get("Parameters") or {}
    values = _given_values(given, previous)
    unknown = [name for name in values if name not in declared]
    if unknown:
        raise ValidationError(message=f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    resolved = {}
    for name, declaration in declared.items():
        if name in values:
            resolved[name] = values[name]
        elif "Default" in declaration:
            resolved[name] = _text(declaration["Default"])
    missing = [name for name in declared if name not in resolved]
    if missing:
        raise ValidationError(message=f"Parameters: [{', '.join(missing)}] must have values")
    for name, declaration in declared.items():
        _check(name, declaration, resolved[name])
    return resolved


def typed(template: Template, values: Mapping[str, str]) -> dict[str, Any]:
    """Return the values as Ref does: a number if the text is a number's plain form, a list if one is declared."""
    declared = template.get("Parameters") or {}
    return {name: _typed(declared[name]["Type"], value) for name, value in values.items()}


def shown(template: Template, values: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the values as DescribeStacks does, with NoEcho ones masked."""
    declared = template.get("Parameters") or {}
    return [
        {"ParameterKey": name, "ParameterValue": NO_ECHO if _is_true(declared[name].get("NoEcho")) else value}
        for name, value in values.items()
    ]


def _given_values(given: list[dict[str, Any]], previous: Mapping[str, str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for item in given:
        name = item["ParameterKey"]
        if item.get("UsePreviousValue") and item.get("ParameterValue"):
            raise ValidationError(
                message=f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true and "
                "non empty value for a parameter"
            )
        if not item.get("UsePreviousValue"):
            values[name] = item.get("ParameterValue", "")
        elif name in previous:
            values[name] = previous[name]
        else:
            raise ValidationError(
                message=f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true for a "
                "parameter key not in the previous template"
            )
    return values


def _check(name: str, declaration: Mapping[str, Any], value: str) -> None:
    kind = declaration.get("Type", "")
    if kind.startswith("AWS::SSM::"):
        raise ValidationError(message=f"The local AWS does not resolve SSM parameter types ({name}: {kind}).")
    if len(value) > _VALUE_LIMIT:
        raise ValidationError(
            message=f"Parameter '{name}' is too long: the value has {len(value)} characters and "
            f"the limit is {_VALUE_LIMIT}"
        )
    items = _items(kind, value)
    problem = next((found for item in items if (found := _problem(declaration, item, kind))), None)
    if problem is None:
        return
    description = declaration.get("ConstraintDescription")
    if description:
        raise ValidationError(message=f"Parameter {name} failed to satisfy constraint: {description}")
    raise ValidationError(message=f"Parameter '{name}' {problem}")


def _problem(declaration: Mapping[str, Any], value: str, kind: str) -> str | None:
    """Return the problem of a value, to be read after the parameter's name; None if it is valid."""
    if "AllowedValues" in declaration and value not in [_text(allowed) for allowed in declaration["AllowedValues"]]:
        return "must be one of AllowedValues"
    pattern = declaration.get("AllowedPattern")
    if pattern is not None and not re.fullmatch(pattern, value):
        return f"must match pattern {pattern}"
    if kind in ("Number", "List<Number>"):
        return _number_problem(declaration, value)
    if "MinLength" in declaration and len(value) < int(declaration["MinLength"]):
        return f"must contain at least {declaration['MinLength']} characters"
    if "MaxLength" in declaration and len(value) > int(declaration["MaxLength"]):
        return f"must contain at most {declaration['MaxLength']} characters"
    return None


def _number_problem(declaration: Mapping[str, Any], value: str) -> str | None:
    try:
        number = float(value)
    except ValueError:
        return "must be a number"
    if "MinValue" in declaration and number < float(declaration["MinValue"]):
        return f"must be a number not less than {declaration['MinValue']}"
    if "MaxValue" in declaration and number > float(declaration["MaxValue"]):
        return f"must be a number not greater than {declaration['MaxValue']}"
    return None


def _items(kind: str, value: str) -> list[str]:
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        return [item.strip() for item in value.split(",")] if value else []
    return [value]


def _typed(kind: str, value: str) -> Any:
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        return _items(kind, value)
    if kind == "Number":
        for number in (int, float):
            try:
                if str(number(value)) == value:
                    return number(value)
            except ValueError:
                continue
    return value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _is_true(value: Any) -> bool:
    return _text(value).lower() == "true"
