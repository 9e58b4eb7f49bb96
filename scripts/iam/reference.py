# SPDX-License-Identifier: Apache-2.0
"""AWS reference data that cfn-lint has on disk: schemas of resource types, and the resources of each action.

cfn-lint is a dependency of moto. Its data are read without importing it, which takes seconds.
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html#schema-properties-handlers
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import functools
import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_SCHEMA_REGION: Final = "us-east-1"


@dataclass(frozen=True)
class ResourceType:
    """Permissions, and properties that cannot change in place, from the schema of a resource type."""

    handlers: Mapping[str, tuple[str, ...]]
    """`create`, `read`, `update`, `delete` and `list` -> actions; empty for old types, whose schemas list none."""
    tagging: tuple[str, ...] = ()
    fixed: frozenset[str] = frozenset()
    """Properties whose change makes, or may make, a new resource; nested ones are left out."""


@functools.cache
def resource_type(name: str) -> ResourceType | None:
    """Return a type by its name; None for a type that AWS's registry does not have, such as a custom resource."""
    file = _index().get(name)
    if file is None:
        return None
    schema = json.loads((_data() / "schemas" / "resources" / f"{file}.json").read_text("utf-8"))
    handlers = {step: tuple(handler["permissions"]) for step, handler in schema.get("handlers", {}).items()}
    tagging = tuple((schema.get("tagging") or {}).get("permissions", ()))
    listed = (*schema.get("createOnlyProperties", ()), *schema.get("conditionalCreateOnlyProperties", ()))
    fixed = (path.removeprefix("/properties/") for path in listed)
    return ResourceType(handlers, tagging, frozenset(name for name in fixed if "/" not in name))


def arn_formats(action: str) -> tuple[str, ...] | None:
    """Return ARN patterns that an action can be limited to, with `${Partition}`, `${Region}` and `${Account}` in them.

    Empty for an action without resource-level permissions; None for an action that the reference does not have.
    """
    prefix, _, name = action.partition(":")
    service = _authorization().get(prefix.lower())
    found = service["Actions"].get(name.lower()) if service else None
    if service is None or found is None:
        return None
    kinds = (service["Resources"].get(kind, {}) for kind in found.get("Resources", ()))
    formats = (text.replace(".*", "*") for kind in kinds for text in kind.get("ARNFormats", ()))
    return tuple(dict.fromkeys(formats))


@functools.cache
def _index() -> Mapping[str, str]:
    index: Mapping[str, str] = json.loads(
        (_data() / "schemas" / "providers" / f"{_SCHEMA_REGION}.json").read_text("utf-8")
    )
    return index


@functools.cache
def _authorization() -> Mapping[str, Any]:
    authorization: Mapping[str, Any] = json.loads((_data() / "AdditionalSpecs" / "Policies.json").read_text("utf-8"))
    return authorization


@functools.cache
def _data() -> Path:
    found = importlib.util.find_spec("cfnlint")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("cfn-lint is not installed; it comes with moto[server]")
    return Path(found.submodule_search_locations[0]) / "data"
