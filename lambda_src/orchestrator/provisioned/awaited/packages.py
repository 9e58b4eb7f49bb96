# SPDX-License-Identifier: Apache-2.0
"""Packages of pipelines, read as their source actions have read them, or will."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.aws.cloudformation.stack_sets import Definition
from orchestrator.aws.s3 import objects
from orchestrator.aws.s3.objects import ReadPackage
from orchestrator.errors import ServiceBusyError, ServiceRefusedError
from orchestrator.plan import layout
from orchestrator.plan.plan import MASKED_FILE, REQUEST_FILE
from orchestrator.provisioned.awaited.comparison import Masks
from orchestrator.provisioned.pipeline_stacks import Pipeline
from orchestrator.stage_action import artifacts
from orchestrator.stage_action.jobs import UnusableJobError
from orchestrator.values.per_stage import Stage

_TEMPLATE_FILE: Final = "TemplateFileName"
"""Parameter of the stacks of pipelines that have a package."""
_LONGEST: Final = 1024 * 1024
"""Bytes of a request, as the API takes it, with room for its form."""


@dataclass(frozen=True)
class Package:
    """A package of a pipeline whose stack has these parameters."""

    stored: ReadPackage
    parameters: Mapping[str, str]

    def definition(self, stage: Stage) -> Definition:
        """Return what it deploys to a stage. Raise `UnusableJobError` for what the stage deployer would refuse."""
        file = self.parameters.get(f"{stage.capitalize()}ParamsName", "")
        return artifacts.definition(self.stored.content, self.parameters.get(_TEMPLATE_FILE, ""), file)

    def masks(self) -> Masks:
        """Return what is secret of its parameters. Raise `UnusableJobError` if it is no zip."""
        if self._member(REQUEST_FILE) is None:
            return Masks(None)
        return Masks(frozenset(self._masked("parameters")))

    def request(self, beside: bytes | None) -> dict[str, Any] | None:
        """Return its request without secrets, or that `beside` it. Raise `UnusableJobError` if it is no zip."""
        found = self._member(REQUEST_FILE) or (beside or b"").decode()
        told: dict[str, Any] = json.loads(found) if found else {}
        return {key: value for key, value in told.items() if key not in self._masked("keys")} if told else None

    def _masked(self, what: str) -> list[str]:
        found = self._member(MASKED_FILE)
        return list(json.loads(found)[what]) if found else []

    def _member(self, name: str) -> str | None:
        return artifacts.member(self.stored.content, name, _LONGEST)


def read(pipeline: Pipeline, parameters: Mapping[str, str], bucket: str, version: str = "") -> Package | None:
    """Return a version of a pipeline's package, without one the newest; `None` if it is not there."""
    stored = objects.package(bucket, layout.package(pipeline.common_name), version, artifacts.LONGEST_PACKAGE)
    return Package(stored, parameters) if stored else None


def newest(pipeline: Pipeline, parameters: Mapping[str, str], bucket: str) -> Package | None:
    """Return the newest package of a pipeline; `None` without one, or if AWS does not let the orchestrator read it."""
    if _TEMPLATE_FILE not in parameters:
        return None
    try:
        return read(pipeline, parameters, bucket)
    except ServiceBusyError:
        raise
    except ServiceRefusedError:
        return None


def request_of(pipeline: Pipeline, package: Package | None, bucket: str) -> dict[str, Any] | None:
    """Return the request of a pipeline by its newest package; `None` if none is kept or it cannot be read."""
    if package is None:
        return None
    try:
        # A package of an earlier release has none, and has it beside it once it was sent again.
        return package.request(None) or package.request(
            objects.content_if_there(bucket, layout.request(pipeline.common_name))
        )
    except ServiceBusyError:
        raise
    except (ServiceRefusedError, UnusableJobError, ValueError):
        return None
