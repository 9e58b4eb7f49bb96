# SPDX-License-Identifier: Apache-2.0
"""Texts of CloudFormation templates: parsing of YAML and JSON, and the format errors that precede all operations.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml
from moto.cloudformation.exceptions import ValidationError

Template = dict[str, Any]

BODY_LIMIT = 51_200
URL_LIMIT = 1_048_576
_SECTIONS = {
    "AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings", "Rules", "Conditions",
    "Resources", "Outputs",
}  # fmt: skip
_NOT_DONE = {"Transform": "runs no template macros"}
_RESOURCE_KEYS = {
    "Type", "Properties", "Condition", "DependsOn", "Metadata", "DeletionPolicy", "UpdateReplacePolicy",
}  # fmt: skip
_SUB_REFERENCE = re.compile(r"\$\{([^!{}][^{}]*)\}")
_BaseLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_BaseLoader):
    """YAML with CloudFormation's short function forms; dates stay strings, as in templates."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the name and type are PyYAML's
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _short_form(loader: Any, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    return {name: value}


_Loader.add_multi_constructor("!", _short_form)


def parse(body: str) -> Template:
    """Parse a template, and check it as far as CloudFormation does without parameters.

    Raises CloudFormation's ValidationError.
    """
    template = _read(body)
    if not isinstance(template, dict):
        raise ValidationError(message="Template format error: unsupported structure.")
    for section, words in _NOT_DONE.items():
        if section in template:
            raise ValidationError(message=f"The local AWS {words}: remove the {section} section.")
    unknown = sorted(set(template) - _SECTIONS)
    if unknown:
        raise ValidationError(message=f"Invalid template property or properties [{', '.join(unknown)}]")
    if not isinstance(template.get("Resources"), dict) or not template["Resources"]:
        raise ValidationError(message="Template format error: At least one Resources member must be defined.")
    for logical_id, resource in template["Resources"].items():
        _check_resource(logical_id, resource)
    _check_references(template)
    return template


def _read(body: str) -> Any:
    if body.lstrip().startswith("{"):
        try:
            return json.loads(body)
        except json.JSONDecodeError as error:
            raise ValidationError(
                message=f"Template format error: JSON not well-formed. (line {error.lineno}, column {error.colno})"
            ) from error
    try:
        return yaml.load(body, Loader=_Loader)  # noqa: S506 - a safe loader, extended with the short forms only
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise ValidationError(message=f"Template format error: YAML not well-formed.{where}") from error


def _check_resource(logical_id: str, resource: Any) -> None:
    if not re.fullmatch("[A-Za-z0-9]{1,255}", logical_id):
        raise ValidationError(message=f"Template format error: Resource name {logical_id} is non alphanumeric.")
    if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
        raise ValidationError(
            message=f"Template format error: [/Resources/{logical_id}] Every Resources object must contain a "
            "Type member."
        )
    unknown = sorted(set(resource) - _RESOURCE_KEYS)
    if unknown:
        raise ValidationError(message=f"Invalid template resource property '{unknown[0]}'")


def _check_references(template: Template) -> None:
    known = set(template["Resources"]) | set(template.get("Parameters") or {})
    for block in ("Resources", "Outputs"):
        missing = sorted({name for name in references(template.get(block) or {}) if name not in known})
        if missing:
            raise ValidationError(
                message="Template format error: Unresolved resource dependencies "
                f"[{', '.join(missing)}] in the {block} block of the template"
            )
    for resource in template["Resources"].values():
        condition = resource.get("Condition")
        if condition and condition not in (template.get("Conditions") or {}):
            raise ValidationError(
                message=f"Template format error: Unresolved dependencies [{condition}]. "
                "Cannot reference resources in the Conditions block of the template"
            )


def references(node: Any) -> Iterator[str]:
    """Yield every name that a part refers to by Ref, Fn::GetAtt, Fn::Sub or DependsOn, except pseudo parameters."""
    for name in _all_references(node):
        if not name.startswith("AWS::"):
            yield name


def _all_references(node: Any) -> Iterator[str]:
    members = node.items() if isinstance(node, dict) else ()
    for item in node if isinstance(node, list) else ():
        yield from _all_references(item)
    for key, value in members:
        if key == "Ref":
            yield value
        elif key == "Fn::GetAtt":
            yield get_att(value)[0]
        elif key == "Fn::Sub":
            yield from _sub_references(value)
        elif key == "DependsOn":
            yield from [value] if isinstance(value, str) else value
        else:
            yield from _all_references(value)


def _sub_references(value: Any) -> Iterator[str]:
    text, own = (value, {}) if isinstance(value, str) else (value[0], value[1])
    yield from _all_references(own)
    for name in _SUB_REFERENCE.findall(text):
        if name not in own:
            yield name.split(".")[0]


def get_att(value: Any) -> tuple[str, str]:
    """Return logical id and attribute name of an Fn::GetAtt value, which is a list or one dotted string."""
    if isinstance(value, str):
        logical_id, _, attribute = value.partition(".")
        return logical_id, attribute
    if not isinstance(value, list) or len(value) != 2:
        raise ValidationError(message="Template error: every Fn::GetAtt object requires two non-empty parameters")
    return value[0], value[1]
