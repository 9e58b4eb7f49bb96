# SPDX-License-Identifier: Apache-2.0
"""Pipeline types that start jobs, and the kinds of these jobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.pipeline_types.built_in.training.jobs import JobPipeline
from orchestrator.sagemaker.job_kinds import JobKind


def kinds_by_type(types: Iterable[type[PipelineRequest]]) -> dict[str, JobKind]:
    """Return the kind of job by the name of the type that starts it."""
    return {type_.type_name(): type_.job for type_ in types if issubclass(type_, JobPipeline)}


def kind_by_tags(types: Iterable[type[PipelineRequest]], tags: Mapping[str, str]) -> JobKind | None:
    """Return the kind of job for the pipeline type in these tags; `None` if the tags are not a pipeline's."""
    return kinds_by_type(types).get(tags.get("pipeline_type", ""))
