# SPDX-License-Identifier: Apache-2.0
"""Data quality monitor (compatibility 3.6)."""

from __future__ import annotations

from typing import Final

from troposphere import Ref, Template

from generator.conditions import if_provided
from generator.monitoring import model_monitor, monitors
from generator.monitoring.job_parts import baseline_file
from generator.monitoring.monitors import MonitorKind
from orchestrator.pipeline_types.built_in.monitors.parameters import DataQualityMonitorParameters

DEPLOYS: Final = monitors.DEPLOYS


def template() -> Template:
    """The template."""
    built = Template()
    exclude = if_provided(built, "ExcludeFeaturesAttribute", Ref("ExcludeFeaturesAttribute"))
    kind = MonitorKind(
        prefix="DataQuality",
        folder="data_quality",
        parameters=DataQualityMonitorParameters,
        inputs=model_monitor.INPUTS,
        output=model_monitor.OUTPUT,
        baseline_config={
            **model_monitor.constraints(),
            "StatisticsResource": {"S3Uri": baseline_file("statistics.json")},
        },
        environment=model_monitor.environment(),
        endpoint_input={"ExcludeFeaturesAttribute": exclude},
    )
    monitors.add_to(built, "a monitor of the data that an endpoint gets.", kind)
    return built
