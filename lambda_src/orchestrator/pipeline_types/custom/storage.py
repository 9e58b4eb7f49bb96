# SPDX-License-Identifier: Apache-2.0
"""Layout of custom pipeline types in the pipelines bucket.

    pipeline-types/<name>/<version>/pipeline.json     the definition, and the blueprint's declarations
    pipeline-types/<name>/<version>/blueprint.yaml    the blueprint
    pipeline-types/<name>/current.json                the current version, and whether the type was withdrawn

A version is the digest of its `pipeline.json`, which contains the digest of the blueprint, so every change of a stored
file is detected. Nothing is ever deleted, so that pipelines outlive their type.
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
"""Bytes of a stored definition, which includes the blueprint's parameters."""
BLUEPRINT_FILE: Final = "blueprint.yaml"
DEFINITION_FILE: Final = "pipeline.json"
_VERSION_CHARACTERS: Final = 16


class Current(BaseModel):
    """The content of `current.json`."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    version: Annotated[str, Field(pattern=rf"^[0-9a-f]{{{_VERSION_CHARACTERS}}}$")]
    added: str = ""
    """Time of the upload, in ISO 8601."""
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
    """Return the version of a decoded `pipeline.yaml` and its blueprint; raises `BrokenTypeError`."""
    checked = definition.read(document, blueprint)
    stored = {"definition": document, "blueprint": blueprint.description()}
    content = json.dumps(stored, indent=1, sort_keys=False, allow_nan=False).encode()
    return Version(_placed(checked, _version(content)), content)


def unpacked(name: str, version: str, content: bytes) -> CustomType:
    """Return the type of a stored version; raises `BrokenTypeError` if it was changed or is invalid."""
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
