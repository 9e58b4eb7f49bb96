# SPDX-License-Identifier: Apache-2.0
"""The declaration of a custom pipeline type: the keys of its requests, and the parameters that get their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator import reach
from orchestrator.pipeline_types.custom.schema import schemas
from orchestrator.pipeline_types.custom.template import Blueprint

CONTEXT: Final = (
    "application",
    "assets_bucket",
    "ecr_repository_arn",
    "pipelines_bucket",
    "region",
    "stack_name",
    "stage",
)
"""Values of the orchestrator that a blueprint may use, named in `parameters` like `$region`."""


@dataclass(frozen=True)
class Key:
    """A key of the request."""

    name: str
    schema: Mapping[str, Any]
    parameters: tuple[str, ...]
    """The parameters of the blueprint that get its value."""
    is_required: bool

    @property
    def is_by_stage(self) -> bool:
        """True if its value may differ by stage."""
        return self.schema.get(schemas.BY_STAGE) is True

    @property
    def is_secret(self) -> bool:
        """True if its value refers to a secret, and is not shown."""
        return self.schema.get(schemas.SECRET) is True

    @property
    def names(self) -> reach.Kind | None:
        """Kind of resource that its values name; `None` if they name nothing."""
        words = reach.SECRET.words if self.is_secret else self.schema.get(schemas.NAMES)
        return next((kind for kind in reach.KINDS if kind.words == words), None)

    @property
    def has_default(self) -> bool:
        """True if the schema has a value for a request that leaves the key out."""
        return "default" in self.schema


@dataclass(frozen=True)
class Declaration:
    """A checked definition with its blueprint. `version` and `template_key` are empty until it is stored."""

    name: str
    summary_line: str
    description: str
    name_template: str
    runs_in_stages: bool
    schema: Mapping[str, Any]
    """The request's schema as written."""
    keys: Mapping[str, Key]
    context: Mapping[str, tuple[str, ...]]
    """Value of the orchestrator -> the parameters that get it."""
    notifications: Mapping[str, str]
    """`succeeded`, `failed` -> the additional sentence of the notification."""
    examples: tuple[Mapping[str, Any], ...]
    blueprint: Blueprint
    version: str = ""
    template_key: str = ""
    """Key of the blueprint in the pipelines bucket."""
    is_withdrawn: bool = False

    def type_name(self) -> str:
        """Return the value of `pipeline_type` that selects this type."""
        return self.name

    def summary(self) -> str:
        """Return the type's summary in one line."""
        return self.summary_line

    def known_keys(self) -> frozenset[str]:
        """Return every key that a request of this type may have."""
        return frozenset(self.keys) | {"pipeline_type", "dry_run"}

    def sources(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield each source of values, and the parameters that get them."""
        yield from ((key.name, key.parameters) for key in self.keys.values())
        yield from ((f"${name}", targets) for name, targets in self.context.items())
