# SPDX-License-Identifier: Apache-2.0
"""Launch parameters, checked against the root template before any change. One error names every problem."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from scripts.packaging import yaml_nodes

EMAIL_PARAMETER: Final = "NotificationEmail"
TAGS_PARAMETER: Final = "ResourceTags"
"""Parameter of templates that have it: tags of everything that pipelines make, as `key=value,key2=value2`."""


class LaunchParameterError(Exception):
    """Raised if launch parameters do not fit the template; `str()` names them and the accepted values."""


@dataclass(frozen=True)
class Parameter:
    """Parameter that a template declares."""

    name: str
    is_needed: bool
    """Whether the first launch has to set it."""
    description: str
    constraint: str
    """The template's ConstraintDescription."""
    pattern: str
    longest: int | None
    shortest: int
    allowed: tuple[str, ...]

    @property
    def words(self) -> str:
        """Description and constraint."""
        return f"{self.description} {self.constraint}".strip()

    def accepts(self, value: str) -> bool:
        """Whether CloudFormation would accept the value. Ids of AWS resources are left to CloudFormation."""
        return (
            self.shortest <= len(value)
            and (self.longest is None or len(value) <= self.longest)
            and (not self.allowed or value in self.allowed)
            and (not self.pattern or re.fullmatch(self.pattern, value) is not None)
        )


def declared(template: str) -> dict[str, Parameter]:
    """Return the parameters of a template by name, in order."""
    document = yaml_nodes.compose(template)
    sections = {name.value: section for name, section in document.value}
    return {name.value: _parameter(name.value, entry) for name, entry in sections["Parameters"].value}


def check(
    given: Mapping[str, str], parameters: Mapping[str, Parameter], previous: Mapping[str, str], filled: Sequence[str]
) -> None:
    """Raise LaunchParameterError if parameters are unknown, refused or missing.

    `previous` are values of the existing stack; `filled` are names of parameters that the launch sets itself.
    """
    problems = [*_unknown_or_refused(given, parameters), *_missing(given, parameters, {*previous, *filled})]
    if problems:
        raise LaunchParameterError("\n".join(["the launch parameters are not right:", *problems]))


def _parameter(name: str, entry: Any) -> Parameter:
    keys = {key.value: value.value for key, value in entry.value}
    return Parameter(
        name=name,
        is_needed="Default" not in keys,
        description=keys.get("Description", ""),
        constraint=keys.get("ConstraintDescription", ""),
        pattern=keys.get("AllowedPattern", ""),
        longest=int(keys["MaxLength"]) if "MaxLength" in keys else None,
        shortest=int(keys.get("MinLength", 0)),
        allowed=tuple(node.value for node in keys.get("AllowedValues", ())),
    )


def _unknown_or_refused(given: Mapping[str, str], parameters: Mapping[str, Parameter]) -> Iterator[str]:
    for name, value in given.items():
        parameter = parameters.get(name)
        if parameter is None:
            near = difflib.get_close_matches(name, parameters, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(parameters)}"
            yield f"  the template has no parameter {name}; {hint}"
        elif not parameter.accepts(value):
            yield f"  {_option(name)}: {value!r} is not possible. {_what_is(parameter)}"


def _what_is(parameter: Parameter) -> str:
    if parameter.constraint:
        return parameter.constraint
    return f"{parameter.name} must be one of {', '.join(parameter.allowed)}" if parameter.allowed else parameter.words


def _missing(given: Mapping[str, str], parameters: Mapping[str, Parameter], known: set[str]) -> Iterator[str]:
    for name, parameter in parameters.items():
        if parameter.is_needed and name not in given and name not in known:
            yield f"  the first launch needs {_option(name)}: {parameter.words}"


def _option(name: str) -> str:
    return "--email ADDRESS" if name == EMAIL_PARAMETER else f"--param {name}=VALUE"
