# SPDX-License-Identifier: Apache-2.0
"""What only SageMaker's engine asks of a monitor's request: Model Monitor's schedules, run times and Regions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.built_in.monitors.request import MonitorRequest
from orchestrator.problems import shortened
from orchestrator.values import monitors
from orchestrator.values.per_stage import Stage, at, by_key, key_at

_SCHEDULE: Final = "schedule_expression"
_RUN_TIME: Final = "monitor_max_runtime_seconds"


def problems(monitor: MonitorRequest, launch: Launch) -> Iterator[Problem]:
    """Yield a problem for each schedule that Model Monitor does not take, and for each run time beyond it."""
    strange = {
        key: expression
        for key, expression in by_key(_SCHEDULE, monitor.schedule_expression)
        if not monitors.is_model_monitors(expression)
    }
    for key, expression in strange.items():
        yield Problem(
            key,
            f"must be {monitors.MODEL_MONITOR_SCHEDULES}, with SageMaker's engine; got {shortened(expression)}",
        )
    if monitor.is_isolated() and not monitor.can_be_isolated:
        yield Problem(
            "network_isolation",
            "must be false for this monitor: SageMaker Clarify asks the endpoint for predictions over the network",
        )
    if not strange:
        yield from _runs_that_meet_the_next(monitor, launch)


def unknown_region(region: str) -> Iterator[str]:
    """Yield a warning if CloudFormation was not known to make the resources of Model Monitor in a Region."""
    if region not in _regions():
        yield (
            f"CloudFormation was not known to make monitors in {region} when this version was made: if the "
            "deployment fails with an unrecognized resource type, it still does not"
        )


def _runs_that_meet_the_next(monitor: MonitorRequest, launch: Launch) -> Iterator[Problem]:
    """See https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_MonitoringStoppingCondition.html."""

    def too_long(stage: Stage | None) -> Iterator[Problem]:
        schedule = at(monitor.schedule_expression, stage)
        every = monitors.seconds_between_runs(schedule)
        longest = monitor.hourly_run_time if every == 3600 else every
        if at(monitor.monitor_max_runtime_seconds, stage) > longest:
            key = key_at(_RUN_TIME, monitor.monitor_max_runtime_seconds, stage)
            yield Problem(key, f"must be {longest} at most: a run must end before the next, with {schedule}")

    yield from monitor.of_each_stage(launch, too_long)


@cache
def _regions() -> frozenset[str]:
    path = Path(__file__).parents[3] / "data" / "monitor_regions.json"
    return frozenset(json.loads(path.read_text(encoding="utf-8"))["regions"])
