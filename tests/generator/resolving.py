# SPDX-License-Identifier: Apache-2.0
"""Parts of a template as CloudFormation resolves them, and what the policies of a role allow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.launch.operator_options import ApiParameters, FunctionParameters, RoleParameters
from orchestrator.pipeline_types.built_in.network import NetworkParameters

Template = dict[str, Any]

_OPTIONAL: Final = (RoleParameters, FunctionParameters, ApiParameters, NetworkParameters)
OPTIONS: Final = {name for parameters in _OPTIONAL for name in parameters.model_fields}
NO_VALUE: Final = {"Ref": "AWS::NoValue"}
_CONDITIONS: Final[dict[str, Any]] = {
    "Fn::And": all,
    "Fn::Equals": lambda items: items[0] == items[1],
    "Fn::Not": lambda items: not items[0],
    "Fn::Or": any,
}


def resolved(value: Any, given: Mapping[str, str], conditions: Mapping[str, Any]) -> Any:
    """A part of a template with its references filled in.

    `given` has values of parameters, and of attributes as `Resource.Attribute`; a reference to something else stays as
    it is. `conditions` are those of the template.
    """
    if isinstance(value, list):
        items = (resolved(item, given, conditions) for item in value)
        return [item for item in items if item != NO_VALUE]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and ((name := next(iter(value))).startswith("Fn::") or name == "Ref"):
        return _call(name, value[name], given, conditions)
    if isinstance(value.get("Condition"), str):
        return resolved(conditions[value["Condition"]], given, conditions)
    members = ((key, resolved(item, given, conditions)) for key, item in value.items())
    return {key: item for key, item in members if item != NO_VALUE}


def _call(name: str, argument: Any, given: Mapping[str, str], conditions: Mapping[str, Any]) -> Any:
    if name == "Ref":
        return given.get(argument, {"Ref": argument})
    if name == "Fn::If":
        condition, yes, no = argument
        holds = resolved(conditions[condition], given, conditions)
        return resolved(yes if holds else no, given, conditions)
    argument = resolved(argument, given, conditions)
    if name == "Fn::GetAtt":
        return given.get(argument, argument)
    if name == "Fn::Sub":
        return _substituted(argument, given)
    return _CONDITIONS[name](argument) if name in _CONDITIONS else _of_list(name, *argument)


def _of_list(name: str, first: Any, second: Any) -> Any:
    """A call as it stands where a part of it is not known."""
    if not all(isinstance(item, str) for item in ([second] if isinstance(second, dict) else second)):
        return {name: [first, second]}
    return {
        "Fn::Join": lambda: first.join(second),
        "Fn::Split": lambda: second.split(first),
        "Fn::Select": lambda: second[int(first)],
    }[name]()


def _substituted(argument: Any, given: Mapping[str, str]) -> str:
    text, more = (argument, {}) if isinstance(argument, str) else argument
    for variable, content in {**given, **more}.items():
        text = text.replace(f"${{{variable}}}", content)
    return str(text)


def properties(template: Template, name: str, given: Mapping[str, str]) -> Any:
    """The properties of a resource; options of the operator and of the network have defaults."""
    declared = template["Parameters"].items()
    options = {key: one["Default"] for key, one in declared if key in OPTIONS and "Default" in one}
    return resolved(template["Resources"][name]["Properties"], {**options, **given}, template["Conditions"])


def made(template: Template, name: str, **given: str) -> dict[str, Any]:
    """The properties of a resource; every parameter that is not given has its default, or else words for it."""
    found: dict[str, Any] = resolved(
        template["Resources"][name]["Properties"], {**defaults(template), **given}, template["Conditions"]
    )
    return found


def defaults(template: Template) -> dict[str, str]:
    """A value for each parameter: its default, or else words for it, such as `the ModelName`."""
    return {name: str(one.get("Default", f"the {name}")) for name, one in template["Parameters"].items()}


def allowed(template: Template, role: str, given: Mapping[str, str]) -> dict[str, list[Any]]:
    """Action -> resources for which a role has it."""
    found: dict[str, list[Any]] = {}
    for policy in properties(template, role, given)["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            for action in statement["Action"] if statement["Effect"] == "Allow" else ():
                found.setdefault(action, []).extend(statement["Resource"])
    return found


def as_text(value: Any) -> Any:
    """What custom resources get: every scalar is a text."""
    if isinstance(value, dict):
        return {key: as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_text(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)
