# SPDX-License-Identifier: Apache-2.0
"""Declared parameters -> troposphere parameters, through one keyword map.

A constraint that CloudFormation cannot express is an error here, at build time, and not a surprise at launch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from troposphere import Parameter, Template

from orchestrator.values.common import EXPECT_KEYWORD, NAMES_KEYWORD
from orchestrator.values.template_parameters import TemplateParameters

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
_KEYWORDS: Final = {
    "default": "Default",
    "description": "Description",
    "enum": "AllowedValues",
    "maxLength": "MaxLength",
    "maximum": "MaxValue",
    "minLength": "MinLength",
    "minimum": "MinValue",
    "pattern": "AllowedPattern",
}
_TYPES: Final = {"string": "String", "integer": "Number", "number": "Number"}
_WITHOUT_MEANING: Final = frozenset({"examples", "title", "type", EXPECT_KEYWORD, NAMES_KEYWORD})


def declare(template: Template, parameters: type[TemplateParameters]) -> None:
    """Add every declared parameter to a template, in the order of declaration."""
    for name, schema in parameters.model_json_schema()["properties"].items():
        template.add_parameter(parameter(name, schema))


def parameter(name: str, schema: Mapping[str, Any]) -> Parameter:
    """One parameter from its JSON Schema; raises `ValueError` for a keyword that CloudFormation does not have."""
    unknown = set(schema) - _KEYWORDS.keys() - _WITHOUT_MEANING
    if unknown or schema.get("type") not in _TYPES:
        raise ValueError(f"{name} cannot be a CloudFormation parameter: {sorted(unknown) or schema.get('type')}")
    properties = {_KEYWORDS[keyword]: value for keyword, value in schema.items() if keyword in _KEYWORDS}
    if EXPECT_KEYWORD in schema:
        properties["ConstraintDescription"] = f"{name} must be {schema[EXPECT_KEYWORD]}."
    return Parameter(name, Type=_TYPES[schema["type"]], **properties)
