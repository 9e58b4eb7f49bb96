# SPDX-License-Identifier: Apache-2.0
"""A pipeline type that an operator has added, as the registry knows every type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from orchestrator import reach
from orchestrator.custom_types import schemas
from orchestrator.custom_types.template import Blueprint
from orchestrator.errors import Problem, RefusedRequestError
from orchestrator.per_stage import STAGES
from orchestrator.settings import Launch

if TYPE_CHECKING:
    from orchestrator.pipelines.base import PipelineRequest

CONTEXT: Final = (
    "application",
    "assets_bucket",
    "ecr_repository_arn",
    "pipelines_bucket",
    "region",
    "stack_name",
    "stage",
)
"""What the orchestrator knows and a blueprint may ask for, as `$region` in `parameters`."""


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
        """Whether its value may differ by stage."""
        return self.schema.get(schemas.BY_STAGE) is True

    @property
    def is_secret(self) -> bool:
        """Whether its value refers to a secret, and is not shown."""
        return self.schema.get(schemas.SECRET) is True

    @property
    def names(self) -> reach.Kind | None:
        """What kind of thing of others its values name."""
        words = reach.SECRET.words if self.is_secret else self.schema.get(schemas.NAMES)
        return next((kind for kind in reach.KINDS if kind.words == words), None)

    @property
    def has_default(self) -> bool:
        """Whether the schema has a value for a request that leaves the key out."""
        return "default" in self.schema


@dataclass(frozen=True)
class CustomType:
    """A checked definition with its blueprint. What says where it lies is empty until it is stored."""

    source: ClassVar[str] = "custom"

    name: str
    summary_line: str
    description: str
    name_template: str
    runs_in_stages: bool
    schema: Mapping[str, Any]
    """The request's schema as it was written."""
    keys: Mapping[str, Key]
    context: Mapping[str, tuple[str, ...]]
    """What the orchestrator knows -> the parameters that get it."""
    notifications: Mapping[str, str]
    """`succeeded`, `failed` -> the sentence that people are told in addition."""
    examples: tuple[Mapping[str, Any], ...]
    blueprint: Blueprint
    version: str = ""
    template_key: str = ""
    """Where the blueprint lies in the pipelines bucket."""
    is_withdrawn: bool = False

    def type_name(self) -> str:
        """The value of `pipeline_type` that selects this type."""
        return self.name

    def summary(self) -> str:
        """One line that says what the pipeline does."""
        return self.summary_line

    def known_keys(self) -> frozenset[str]:
        """Every key that a request of this type may have."""
        return frozenset(self.keys) | {"pipeline_type", "dry_run"}

    def sources(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """What gives values, and the parameters that get them."""
        yield from ((key.name, key.parameters) for key in self.keys.values())
        yield from ((f"${name}", targets) for name, targets in self.context.items())

    def parse(self, body: Mapping[str, Any], launch: Launch) -> PipelineRequest:
        """Validate a body whose keys all belong to this type; raises `RefusedRequestError` with every problem."""
        from orchestrator.custom_types import request  # noqa: PLC0415  it knows this module

        return request.parse(self, body, launch)

    def request_schema(self) -> dict[str, Any]:
        """What may be sent, as a JSON schema of its own."""
        properties = {name: _described(key) for name, key in self.keys.items()}
        dry_run = {"type": "boolean", "default": False, "description": "answer the plan and touch nothing"}
        return {
            "$schema": schemas.DIALECT,
            **self.schema,
            "properties": {"pipeline_type": {"const": self.name}, **properties, "dry_run": dry_run},
            "required": ["pipeline_type", *self.schema.get("required", ())],
            "additionalProperties": False,
        }

    def example(self) -> Mapping[str, Any] | None:
        """A request, if the author gave one."""
        return {"pipeline_type": self.name, **self.examples[0]} if self.examples else None

    def problems_of_example(self, example: Mapping[str, Any]) -> list[Problem]:
        """What is wrong with an example, which is a request to a deployment with all that the type knows."""
        unknown = sorted(example.keys() - self.known_keys())
        if unknown:
            return [Problem(key, "is no key of the request") for key in unknown]
        selected = example.get("pipeline_type", self.name)
        if selected != self.name:
            return [Problem("pipeline_type", f"must be {self.name}")]
        try:
            self.parse(example, _EXAMPLE_LAUNCH)
        except RefusedRequestError as refused:
            return list(refused.problems)
        return []


_EXAMPLE_LAUNCH: Final = Launch(
    region="eu-west-1",
    multi_account=True,
    use_model_registry=False,
    assets_bucket="assets",
    pipelines_bucket="pipelines",
    ecr_repository_arn="arn:aws:ecr:eu-west-1:111122223333:repository/images",
    application="mlops",
)


def _described(key: Key) -> dict[str, Any]:
    """The schema of a key with what its marks mean."""
    described = dict(key.schema) | ({"writeOnly": True} if key.is_secret else {})
    if not key.is_by_stage:
        return described
    description = {"description": described.pop("description")} if "description" in described else {}
    by_stage = {
        "type": "object",
        "properties": dict.fromkeys(STAGES, described),
        "required": list(STAGES),
        "additionalProperties": False,
    }
    return {**description, schemas.BY_STAGE: True, "oneOf": [described, by_stage]}
