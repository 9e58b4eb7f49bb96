# SPDX-License-Identifier: Apache-2.0
"""Declared parameters -> troposphere parameters.

Fields are read as they are declared: pydantic's JSON Schema is the same (`tests/generator/test_parameters.py`), but
builds a validator for each template first. A constraint that CloudFormation cannot express is an error here, at build
time, and not a surprise at launch.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Any, Final, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from troposphere import Parameter, Ref, Select, Split, Template

from orchestrator.values.common import Expect
from orchestrator.values.template_parameters import TemplateParameters

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
_KEYWORDS: Final = {
    "max_length": "MaxLength",
    "le": "MaxValue",
    "min_length": "MinLength",
    "ge": "MinValue",
    "pattern": "AllowedPattern",
}
_CONSTRAINTS: Final = (*_KEYWORDS, "gt", "lt", "multiple_of")
_TYPES: Final = {str: "String", int: "Number", float: "Number"}


def declare(template: Template, parameters: type[TemplateParameters]) -> None:
    """Add every declared parameter to a template, in the order of declaration."""
    for name, field in parameters.model_fields.items():
        template.add_parameter(parameter(name, field))


def declare_filled(template: Template, parameters: type[TemplateParameters]) -> None:
    """Add the parameters of a template that the orchestrator fills: it has checked the values, so none is limited.

    Of a description only the first sentence: how to choose a value is said where people do, at the launch.
    """
    for name, field in parameters.model_fields.items():
        words = field.description and re.sub(r"(?s)(?<=\.) .*", "", field.description)
        declared = _parameter(name, _plain(field), _default(field), words, ())
        template.add_parameter(declared)


def parameter(name: str, field: FieldInfo) -> Parameter:
    """Return a field as a parameter. Raise `ValueError` for a type or constraint that CloudFormation does not have."""
    annotation: Any = field.annotation
    return _parameter(name, annotation, _default(field), field.description, tuple(field.metadata))


def part(parameter: str, place: int, separator: str = ",") -> Select:
    """One of the texts that a parameter holds with separators between, by its place; the first is 0."""
    return Select(place, Split(separator, Ref(parameter)))


def _default(field: FieldInfo) -> Any:
    return None if field.is_required() else field.default


def _plain(field: FieldInfo) -> Any:
    """The type of a field's values, whichever of them are allowed."""
    allowed = get_args(field.annotation)
    return type(allowed[0]) if allowed else field.annotation


@functools.lru_cache(maxsize=None, typed=True)
def _parameter(
    name: str, annotation: Any, default: Any, description: str | None, metadata: tuple[Any, ...]
) -> Parameter:
    # Most parameters stand in several templates.
    allowed = get_args(annotation) if get_origin(annotation) is Literal else ()
    type_: Any = type(allowed[0]) if allowed else annotation
    constraints = _constraints(metadata)
    unknown = sorted(constraints.keys() - _KEYWORDS) if type_ in _TYPES else [str(type_)]
    if unknown:
        raise ValueError(f"{name} cannot be a CloudFormation parameter: {', '.join(unknown)}")
    expected = [item.sentence for item in metadata if isinstance(item, Expect)]
    properties = {
        "Default": default,
        "Description": description,
        "AllowedValues": list(allowed) or None,
        **{keyword: constraints[name] for name, keyword in _KEYWORDS.items() if name in constraints},
        "ConstraintDescription": f"{name} must be {expected[-1]}." if expected else None,
    }
    present = {key: value for key, value in properties.items() if value is not None}
    return Parameter(name, Type=_TYPES[type_], **present)


def _constraints(metadata: Iterable[Any]) -> dict[str, Any]:
    """Name -> value, also of those that CloudFormation does not have. What validates in another way has none."""
    found = ((name, getattr(item, name, None)) for item in metadata for name in _CONSTRAINTS)
    return {name: value for name, value in found if value is not None}
