# SPDX-License-Identifier: Apache-2.0
"""Monitors among the pipelines."""

from __future__ import annotations

from orchestrator.errors import NotFoundError, UnfitStateError
from orchestrator.provisioned import work
from orchestrator.provisioned.lookup import Found
from orchestrator.provisioned.pipeline_stacks import Pipeline
from orchestrator.provisioned.runs import monitors
from orchestrator.provisioned.runs.monitors import DeployedMonitor


def of(found: Found) -> DeployedMonitor:
    """Return the monitor of a pipeline that deploys to this account.

    Raises `NotFoundError` for a pipeline that is no monitor, and `UnfitStateError` for one that is not deployed.
    """
    pipeline = found.pipeline
    deployed = work.deployed_stack(pipeline, found.stack)
    monitor = None if deployed is None or deployed.is_gone else monitors.in_stack(deployed)
    if monitor is not None:
        return monitor
    if pipeline.engine is None:
        raise _no_monitor(pipeline)
    raise UnfitStateError(
        f"{pipeline.short_name} has no monitor in this account (yet): GET /pipelines/{{id}} tells what is deployed."
    )


def check(pipeline: Pipeline) -> None:
    """Raise `NotFoundError` for a pipeline with stages that is no monitor."""
    if pipeline.engine is None:
        raise _no_monitor(pipeline)


def _no_monitor(pipeline: Pipeline) -> NotFoundError:
    return NotFoundError(f"{pipeline.short_name} is no monitor: only monitors have runs.")
