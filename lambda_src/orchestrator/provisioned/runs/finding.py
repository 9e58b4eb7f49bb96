# SPDX-License-Identifier: Apache-2.0
"""Monitors among the pipelines."""

from __future__ import annotations

from typing import Final

from orchestrator.errors import NotFoundError, UnfitStateError
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.provisioned import work
from orchestrator.provisioned.lookup import Found
from orchestrator.provisioned.pipeline_stacks import Pipeline
from orchestrator.provisioned.runs import monitors
from orchestrator.provisioned.runs.monitors import DeployedMonitor

_KEY_OF_MONITORS: Final = "monitoring_output_location"


def of(found: Found) -> DeployedMonitor:
    """Return the monitor of a pipeline that deploys to this account.

    Raises `NotFoundError` for a pipeline that is no monitor, and `UnfitStateError` for one that is not deployed.
    """
    pipeline = found.pipeline
    deployed = work.deployed_stack(pipeline, found.stack)
    monitor = None if deployed is None or deployed.is_gone else monitors.in_stack(deployed)
    if monitor is not None:
        return monitor
    if not may_be_one(pipeline):
        raise _no_monitor(pipeline)
    raise UnfitStateError(
        f"{pipeline.short_name} has no monitor in this account (yet): GET /pipelines/{{id}} tells what is deployed."
    )


def check(pipeline: Pipeline) -> None:
    """Raise `NotFoundError` for a pipeline with stages that is no monitor."""
    if not may_be_one(pipeline):
        raise _no_monitor(pipeline)


def may_be_one(pipeline: Pipeline) -> bool:
    """True if a pipeline's type deploys monitors; what a type of the operator's deploys only its stack tells."""
    name = pipeline.type_name
    return name in BUILT_IN.names() and _KEY_OF_MONITORS in BUILT_IN.get(name).model_fields


def _no_monitor(pipeline: Pipeline) -> NotFoundError:
    return NotFoundError(f"{pipeline.short_name} is no monitor: only monitors have runs.")
