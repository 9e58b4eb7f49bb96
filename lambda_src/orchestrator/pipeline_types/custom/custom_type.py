# SPDX-License-Identifier: Apache-2.0
"""A pipeline type added by an operator, in the form that the registry expects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pydantic.fields import FieldInfo

from orchestrator.errors import Problem, RefusedRequestError
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.pipeline_types.custom import request
from orchestrator.pipeline_types.custom.declaration import Declaration, Key
from orchestrator.pipeline_types.custom.schema import schemas
from orchestrator.values.per_stage import STAGES

if TYPE_CHECKING:
    from orchestrator import answers


@dataclass(frozen=True)
class CustomType(Declaration):
    """A checked declaration that accepts requests."""

    source: ClassVar[answers.Origin] = "custom"

    def fields_by_key(self) -> dict[str, FieldInfo]:
        """Return no fields: the operator's schema decides on everything, and says that unknown keys are refused."""
        return {}

    def parse(self, body: Mapping[str, Any], launch: Launch) -> PipelineRequest:
        """Validate a body that names this type; raises `RefusedRequestError` with every problem, unknown keys too."""
        return request.parse(self, body, launch)

    def request_schema(self) -> dict[str, Any]:
        """Return the JSON schema of a request."""
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
        """Return the author's first example, if there is one."""
        return {"pipeline_type": self.name, **self.examples[0]} if self.examples else None

    def problems_of_example(self, example: Mapping[str, Any]) -> list[Problem]:
        """Return the problems of an example, as of a request to a deployment with all of the type's context."""
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
    """Return the schema of a key with its marks translated to JSON Schema."""
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
