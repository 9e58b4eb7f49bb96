# SPDX-License-Identifier: Apache-2.0
"""How a type lies in the pipelines bucket.

    pipeline-types/<name>/<version>/pipeline.json     the definition, and what the blueprint declares
    pipeline-types/<name>/<version>/blueprint.yaml    the blueprint
    pipeline-types/<name>/current.json                which version counts, and whether the type was withdrawn

A version is the digest of its `pipeline.json`, which has the digest of the blueprint: what lies there cannot be changed
without being noticed. Nothing is ever deleted, so that pipelines outlive their type.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestrator.errors import Problem
from orchestrator.pipeline_types.custom import definition
from orchestrator.pipeline_types.custom.custom_type import CustomType
from orchestrator.pipeline_types.custom.definition import BrokenTypeError
from orchestrator.pipeline_types.custom.names import PREFIX
from orchestrator.pipeline_types.custom.template import Blueprint

LONGEST_STORED: Final = 1024 * 1024
"""Bytes of a stored definition: it has the parameters of the blueprint, too."""
BLUEPRINT_FILE: Final = "blueprint.yaml"
DEFINITION_FILE: Final = "pipeline.json"
_VERSION_CHARACTERS: Final = 16


class Current(BaseModel):
    """The content of `current.json`."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    version: Annotated[str, Field(pattern=rf"^[0-9a-f]{{{_VERSION_CHARACTERS}}}$")]
    added: str = ""
    """When, as ISO 8601 has it."""
    withdrawn: bool = False


class _Stored(BaseModel):
    """The content of `pipeline.json`, as far as its form goes."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    definition: dict[str, Any]
    blueprint: Blueprint


@dataclass(frozen=True)
class Version:
    """A type ready to be stored."""

    type: CustomType
    definition: bytes
    """Content of `pipeline.json`."""


def current_key(name: str) -> str:
    """Key of `current.json`."""
    return f"{PREFIX}{name}/current.json"


def definition_key(name: str, version: str) -> str:
    """Key of a version's `pipeline.json`."""
    return f"{PREFIX}{name}/{version}/{DEFINITION_FILE}"


def blueprint_key(name: str, version: str) -> str:
    """Key of a version's `blueprint.yaml`."""
    return f"{PREFIX}{name}/{version}/{BLUEPRINT_FILE}"


def packed(document: Mapping[str, Any], blueprint: Blueprint) -> Version:
    """The version that a decoded `pipeline.yaml` and its blueprint make; `BrokenTypeError` has every problem."""
    checked = definition.read(document, blueprint)
    stored = {"definition": document, "blueprint": blueprint.description()}
    content = json.dumps(stored, indent=1, sort_keys=False, allow_nan=False).encode()
    return Version(_placed(checked, _version(content)), content)


def unpacked(name: str, version: str, content: bytes) -> CustomType:
    """The type of a stored version; raises `BrokenTypeError` for what nobody has checked."""
    if _version(content) != version:
        raise BrokenTypeError([Problem("", "the stored definition was changed after it was added")])
    try:
        stored = _Stored.model_validate_json(content)
    except ValidationError as error:
        raise BrokenTypeError(
            [Problem("", f"the stored definition has another form ({error.error_count()} problems)")]
        ) from None
    checked = definition.read(stored.definition, stored.blueprint)
    if checked.name != name:
        raise BrokenTypeError([Problem("pipeline_type", f"is {checked.name} in the place of {name}")])
    return _placed(checked, version)


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_VERSION_CHARACTERS]


def _placed(checked: CustomType, version: str) -> CustomType:
    return replace(checked, version=version, template_key=blueprint_key(checked.name, version))
