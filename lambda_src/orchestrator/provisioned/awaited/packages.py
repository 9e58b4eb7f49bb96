# SPDX-License-Identifier: Apache-2.0
"""Packages of pipelines, read as their source actions have read them, or will."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.aws.cloudformation.stack_sets import Definition
from orchestrator.aws.s3 import objects
from orchestrator.aws.s3.objects import ReadPackage
from orchestrator.errors import ServiceBusyError, ServiceRefusedError
from orchestrator.plan import kept_requests, layout
from orchestrator.plan.kept_requests import KeptRequest
from orchestrator.provisioned.pipeline_stacks import Pipeline
from orchestrator.stage_action import artifacts
from orchestrator.stage_action.jobs import UnusableJobError
from orchestrator.values.per_stage import Stage

_TEMPLATE_FILE: Final = "TemplateFileName"
"""Parameter of the stacks of pipelines that have a package."""


@dataclass(frozen=True)
class Package:
    """A package of a pipeline whose stack has these parameters."""

    stored: ReadPackage
    parameters: Mapping[str, str]

    def definition(self, stage: Stage) -> Definition:
        """Return what it deploys to a stage. Raise `UnusableJobError` for what the stage deployer would refuse."""
        file = self.parameters.get(f"{stage.capitalize()}ParamsName", "")
        return artifacts.definition(self.stored.content, self.parameters.get(_TEMPLATE_FILE, ""), file)

    def kept(self) -> KeptRequest | None:
        """Return its request; `None` for one of an earlier release. Raise `UnusableJobError` for one that is no zip."""
        content = artifacts.member(self.stored.content, kept_requests.FILE, kept_requests.LONGEST)
        return kept_requests.read(content)


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


def request_in(package: Package | None) -> dict[str, Any] | None:
    """Return the request of a package; `None` if it is not kept or cannot be read."""
    try:
        kept = package.kept() if package else None
    except UnusableJobError:
        return None
    return kept.request if kept else None
