# SPDX-License-Identifier: Apache-2.0
"""Monitors of a model in the stages that are deployed already: how they are, and the newest run in each account."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final

from orchestrator.aws import parallel
from orchestrator.aws.cloudformation import stacks
from orchestrator.aws.cloudformation.stacks import Stack
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.launch.settings import Settings
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.provisioned import pipeline_stacks, progress, state
from orchestrator.provisioned.pipeline_stacks import Pipeline
from orchestrator.provisioned.runs import records
from orchestrator.provisioned.runs.run import MonitorRun
from orchestrator.provisioned.state import Seen, Work

if TYPE_CHECKING:
    from orchestrator.answers.awaited import MonitorFigures, StageRun

_LOOKED_AT: Final = 20
"""Runs that are read, the newest of all accounts."""


def of(pipeline: Pipeline, stages: Collection[str], settings: Settings) -> list[MonitorFigures]:
    """Return the monitors of a pipeline's model, with their runs in these stages; none for a monitor itself.

    A second monitor of the same kind, which watches another endpoint, has a longer name and is not looked for.
    """
    if pipeline.engine is not None or not stages:
        return []
    names = pipeline_stacks.names_of_monitors(pipeline.label, BUILT_IN)
    there = parallel.each("cloudformation", stacks.find, names)
    return [_figures(stack, stages, settings) for stack in there if stack is not None and _is_staged_monitor(stack)]


def _is_staged_monitor(stack: Stack) -> bool:
    return not stack.is_gone and pipeline_stacks.holds_pipeline(stack) and bool(pipeline_stacks.of(stack).stack_sets)


def _figures(stack: Stack, stages: Collection[str], settings: Settings) -> MonitorFigures:
    monitor, name = pipeline_stacks.of(stack), pipeline_stacks.pipeline_name(stack)
    found, newest = codepipelines.state_and_execution(name) if name is not None else (None, None)
    overall = state.decide(Seen(progress.of(stack, found or {}, newest), Work(is_elsewhere=True)))
    runs = records.page(settings.launch.pipelines_bucket, monitor.common_name, _LOOKED_AT, "").runs
    newest_runs: Mapping[tuple[str, str], MonitorRun] = {(run.stage, run.account): run for run in reversed(runs)}
    return {
        "pipeline_id": monitor.id,
        "short_name": monitor.short_name,
        "state": overall.name,
        "state_reason": overall.reason,
        "runs": [_run(run) for (stage, _), run in sorted(newest_runs.items()) if stage in stages],
    }


def _run(run: MonitorRun) -> StageRun:
    return {
        "stage": run.stage,
        "account": run.account,
        "status": run.status,
        "time": run.end,
        "message": run.message,
    }
