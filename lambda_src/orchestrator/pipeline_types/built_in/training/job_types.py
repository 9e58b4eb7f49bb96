# SPDX-License-Identifier: Apache-2.0
"""Pipeline types that start jobs, and the kinds of these jobs."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.pipeline_types.built_in.training.jobs import JobPipeline
from orchestrator.pipeline_types.registry import Registry
from orchestrator.sagemaker.job_kinds import JobKind

_PACKAGE = "training"


def kinds_by_type(types: Registry) -> dict[str, JobKind]:
    """Return the kind of job by the name of the type that starts it: all stand in this package."""
    return {type_.type_name(): type_.job for type_ in types.within(_PACKAGE) if issubclass(type_, JobPipeline)}


def kind_by_tags(types: Registry, tags: Mapping[str, str]) -> JobKind | None:
    """Return the kind of job for the pipeline type in these tags; `None` if the tags are not a pipeline's."""
    return kinds_by_type(types).get(tags.get("pipeline_type", ""))
