# SPDX-License-Identifier: Apache-2.0
"""The declaration of a CloudFormation template's parameters: the generator emits it, the orchestrator fills it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, get_args

from pydantic import BaseModel, ConfigDict, Field, Tag, create_model
from pydantic.fields import FieldInfo

from orchestrator.values.per_stage import ONE_VALUE

_FIRST_LETTERS: Final = re.compile(r"(?:^|_)([a-z0-9])")


@dataclass(frozen=True)
class InTemplate:
    """Mark a key of a request as a parameter of its blueprint: `sampling_rate` becomes `SamplingRate`.

    The parameter has the key's type and default, and one value where the key may have one for each stage.
    """

    description: str
    """Description at the console."""


class TemplateParameters(BaseModel):
    """Parameters of one template; attribute names are the template's parameter names, letter for letter.

    Optional values are strings that may be empty, with `""` as default: CloudFormation knows no absent parameter, a
    condition in the template tests for the empty string.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @classmethod
    def required(cls) -> frozenset[str]:
        """Return the names of the parameters that have no default."""
        return frozenset(name for name, field in cls.model_fields.items() if field.is_required())

    def values_as_text(self) -> dict[str, str]:
        """Name -> value, all text: the one form that both CloudFormation and CodePipeline accept."""
        return {name: str(value) for name, value in self}


def with_marked(parameters: type[TemplateParameters], keys: Mapping[str, FieldInfo]) -> type[TemplateParameters]:
    """Return the declaration of the template, with the marked keys of a request as further parameters."""
    marked = {key: mark for key, field in keys.items() for mark in field.metadata if isinstance(mark, InTemplate)}
    if not marked:
        return parameters
    added: dict[str, Any] = {
        parameter_name(key): (_of_one_value(keys[key]), Field(keys[key].default, description=mark.description))
        for key, mark in marked.items()
    }
    return create_model(parameters.__name__, __base__=parameters, __doc__=parameters.__doc__, **added)


def parameter_name(key: str) -> str:
    """Return the name of a key's parameter: `SamplingRate` for `sampling_rate`."""
    return _FIRST_LETTERS.sub(lambda found: found[1].upper(), key)


def _of_one_value(field: FieldInfo) -> Any:
    """Return the type of a key without its form by stage."""
    for form in get_args(field.annotation):
        if Tag(ONE_VALUE) in getattr(form, "__metadata__", ()):
            return form
    constraints = tuple(each for each in field.metadata if not isinstance(each, InTemplate))
    return Annotated[(field.annotation, *constraints)] if constraints else field.annotation
