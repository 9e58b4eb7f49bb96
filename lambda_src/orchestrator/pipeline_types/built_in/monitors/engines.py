# SPDX-License-Identifier: Apache-2.0
"""The engines that do the work of a monitor, each with what differs in the request and in the plan.

The open one is the solution's own (`lambda_src/monitor_engine/`) and runs in every account; SageMaker's is Model
Monitor and Clarify, which AWS has closed to new customers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.built_in.monitors import engine_archive, native, periods
from orchestrator.pipeline_types.built_in.monitors.request import MonitorRequest
from orchestrator.pipeline_types.built_in.monitors.stage_files import StageFiles
from orchestrator.plan import layout
from orchestrator.problems import shortened
from orchestrator.sagemaker.images import ImageQuery
from orchestrator.values.monitors import LONGEST_ALARM_PERIOD, LONGEST_EXCLUSION, LONGEST_VARIABLE, EngineName
from orchestrator.values.per_stage import Stage, at, by_key
from orchestrator.values.template_parameters import TemplateParameters

_FRAMEWORK: Final = "sklearn"
_VERSION: Final = "1.4-2-py312"
"""The newest with Python 3.12; `tests/monitor_engine/` runs on what it has."""


@dataclass(frozen=True)
class Engine:
    """SageMaker's engine, and the base of the open one."""

    name: EngineName = "sagemaker"
    blueprint_prefix: str = ""
    """What the names of its blueprints begin with."""
    longest_exclusion: int = LONGEST_EXCLUSION
    """Characters of the list of features that are left out."""

    def image_query(self, native_image: str, region: str) -> ImageQuery:
        """Return the criteria for the image of the jobs."""
        return ImageQuery(native_image, "", region, None, "processing")

    def parameters_type(self, monitor: MonitorRequest) -> type[TemplateParameters]:
        """Return the declaration of the blueprint's parameters."""
        return monitor.parameters_type

    def derived(self, monitor: MonitorRequest, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        """Return parameter values that make no other baseline."""
        return {}

    def files(self, monitor: MonitorRequest, launch: Launch, stage: Stage | None) -> Iterator[StageFiles]:
        """Yield the files that the jobs of a stage read."""
        yield from ()

    def problems(self, monitor: MonitorRequest, launch: Launch) -> Iterator[Problem]:
        """Yield what this engine does not take although another does."""
        yield from native.problems(monitor, launch)

    def too_long(self, key: str, variable: str) -> Iterator[Problem]:
        """Yield a problem for a value that does not fit into a variable of the jobs' environment."""
        yield from ()

    def warnings(self, monitor: MonitorRequest, launch: Launch) -> Iterator[str]:
        """Yield warnings about a valid request."""
        yield from native.unknown_region(launch.region)


@dataclass(frozen=True)
class OpenEngine(Engine):
    """The solution's own engine, on SageMaker's scikit-learn image."""

    name: EngineName = "open"
    blueprint_prefix: str = "open_"
    longest_exclusion: int = LONGEST_VARIABLE

    @override
    def image_query(self, native_image: str, region: str) -> ImageQuery:
        # As the SageMaker SDK does it: processing jobs run on the image for training.
        return ImageQuery(_FRAMEWORK, _VERSION, region, None, "training")

    @override
    def parameters_type(self, monitor: MonitorRequest) -> type[TemplateParameters]:
        return monitor.open_parameters_type

    @override
    def derived(self, monitor: MonitorRequest, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        (archive,) = self.files(monitor, launch, stage)
        seconds = int(periods.longest(at(monitor.schedule_expression, stage)).total_seconds())
        return {
            "PipelinesBucket": launch.pipelines_bucket,
            "EngineKey": f"{archive.prefix}/{engine_archive.FILE}",
            "EngineDigest": engine_archive.packed().digest,
            "SchedulePeriodSeconds": str(seconds) if seconds <= LONGEST_ALARM_PERIOD else "",
        }

    @override
    def files(self, monitor: MonitorRequest, launch: Launch, stage: Stage | None) -> Iterator[StageFiles]:
        packed = ((engine_archive.FILE, engine_archive.packed().content),)
        key = at(monitor.kms_key_arn, stage)
        folder = f"{layout.ENGINE}{monitor.engine_folder}"
        yield StageFiles(launch.pipelines_bucket, monitor.stack_name, folder, stage, key, packed)

    @override
    def problems(self, monitor: MonitorRequest, launch: Launch) -> Iterator[Problem]:
        if monitor.is_isolated():
            yield Problem(
                "network_isolation",
                "must be false with the open engine, whose jobs read captures from S3 and send metrics to CloudWatch "
                "themselves: give vpc with endpoints for both, and no way to the internet",
            )

    @override
    def too_long(self, key: str, variable: str) -> Iterator[Problem]:
        excess = len(variable) - LONGEST_VARIABLE
        if excess > 0:
            yield Problem(
                key,
                f"must be {excess} characters shorter: a job of the open engine gets {shortened(variable)}, and "
                f"SageMaker lets a variable have {LONGEST_VARIABLE}",
            )

    @override
    def warnings(self, monitor: MonitorRequest, launch: Launch) -> Iterator[str]:
        for key, count in by_key("instance_count", monitor.instance_count):
            if count > 1:
                yield f"{key}: the open engine streams the data on one instance, and {count} are no faster: 1 is used"


_ENGINES: Final = {engine.name: engine for engine in (OpenEngine(), Engine())}


def named(name: EngineName) -> Engine:
    """Return the engine of that name."""
    return _ENGINES[name]
