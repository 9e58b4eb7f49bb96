# SPDX-License-Identifier: Apache-2.0
"""Declarations of a blueprint: its parameters, with the limits of their values.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from orchestrator.errors import Problem

LONGEST_TEMPLATE: Final = 1_048_576
"""Bytes; CloudFormation's limit for a template in S3."""
LONGEST_VALUE: Final = 4_096
"""Characters of a parameter's value."""
_MOST_PARAMETERS: Final = 200
_NAME: Final = re.compile(r"[a-zA-Z0-9]{1,255}")
_MACROS: Final = ("Fn::Transform", "Fn::ForEach")


# A macro runs with the permissions of its function, and its expansion needs a capability in each request.
_NO_MACROS: Final = "macros and transforms are not supported: write the resources out, or package the template first"


@dataclass(frozen=True)
class TemplateParameter:
    """A parameter of the blueprint; an absent limit is `None`."""

    name: str
    kind: str = "String"
    """Its `Type`."""
    default: str | None = None
    no_echo: bool = False
    allowed_values: tuple[str, ...] = ()
    allowed_pattern: str = ""
    min_length: int | None = None
    max_length: int | None = None
    min_value: float | None = None
    max_value: float | None = None

    @property
    def is_list(self) -> bool:
        """True if its value is comma-separated text."""
        return self.kind == "CommaDelimitedList" or self.kind.startswith("List<") or "Value<List<" in self.kind


@dataclass(frozen=True)
class Blueprint:
    """The blueprint of a type, without its text."""

    digest: str
    """SHA-256 of its text, hexadecimal."""
    parameters: tuple[TemplateParameter, ...]

    def description(self) -> dict[str, Any]:
        """Return the form in which it is stored, without absent members."""
        declared = [
            {key: value for key, value in asdict(parameter).items() if value not in (None, "", (), False)}
            | ({"default": parameter.default} if parameter.default is not None else {})
            for parameter in self.parameters
        ]
        return {"digest": self.digest, "parameters": declared}


def read(template: Any, text: bytes) -> tuple[Blueprint, list[Problem]]:
    """Return the blueprint of a parsed template, short forms of functions expanded, and every problem found."""
    problems = []
    if len(text) > LONGEST_TEMPLATE:
        problems.append(Problem("", f"has {len(text)} bytes; CloudFormation takes {LONGEST_TEMPLATE} at most"))
    if not isinstance(template, Mapping):
        problems.append(Problem("", "must be a CloudFormation template: a mapping of sections"))
        template = {"Resources": {"": None}}
    if not isinstance(template.get("Resources"), Mapping) or not template["Resources"]:
        problems.append(Problem("Resources", "is missing: a template declares one resource at least"))
    problems += [Problem(path, _NO_MACROS) for path in _macros(template)]
    declared = template.get("Parameters") or {}
    if not isinstance(declared, Mapping):
        problems.append(Problem("Parameters", "must be a mapping of parameters by name"))
        declared = {}
    if len(declared) > _MOST_PARAMETERS:
        problems.append(Problem("Parameters", f"are {len(declared)}; CloudFormation takes {_MOST_PARAMETERS}"))
    found = [_parameter(name, parameter) for name, parameter in declared.items()]
    problems += [one for one in found if isinstance(one, Problem)]
    parameters = tuple(one for one in found if isinstance(one, TemplateParameter))
    return Blueprint(hashlib.sha256(text).hexdigest(), parameters), problems


def _macros(template: Mapping[Any, Any]) -> Iterator[str]:
    """Yield the place of each macro call. Ends because templates are read with a limit of depth."""
    if "Transform" in template:
        yield "Transform"
    for section in template.keys() - {"Transform", "Metadata", "Description"}:
        yield from _called(template[section], str(section))


def _called(node: Any, path: str) -> Iterator[str]:
    members = node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()
    for key, value in members:
        if str(key).startswith(_MACROS):
            yield f"{path}.{key}"
        yield from _called(value, f"{path}.{key}")


def _parameter(name: Any, declared: Any) -> TemplateParameter | Problem:
    key = f"Parameters.{name}"
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return Problem(key, "must have a name of letters and digits")
    if not isinstance(declared, Mapping) or not isinstance(declared.get("Type"), str):
        return Problem(key, "must be a mapping that has a Type, such as String")
    try:
        return TemplateParameter(
            name=name,
            kind=declared["Type"],
            default=None if "Default" not in declared else _text(declared["Default"]),
            no_echo=_text(declared.get("NoEcho", False)).lower() == "true",
            allowed_values=tuple(_text(value) for value in declared.get("AllowedValues", ())),
            allowed_pattern=str(declared.get("AllowedPattern", "")),
            min_length=None if "MinLength" not in declared else int(declared["MinLength"]),
            max_length=None if "MaxLength" not in declared else int(declared["MaxLength"]),
            min_value=None if "MinValue" not in declared else float(declared["MinValue"]),
            max_value=None if "MaxValue" not in declared else float(declared["MaxValue"]),
        )
    except (TypeError, ValueError) as error:
        return Problem(key, f"has a limit or default that is no plain value ({error})")


def _text(value: Any) -> str:
    """Return a plain value as CloudFormation reads it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise TypeError(f"got {type(value).__name__}")
