# SPDX-License-Identifier: Apache-2.0
"""Bias monitor (compatibility 3.8)."""

from __future__ import annotations

from typing import Final

from troposphere import Template

from generator.monitoring import clarify, monitor_inputs, monitors
from generator.monitoring.monitors import MonitorKind
from orchestrator.pipeline_types.built_in.monitors.parameters import ModelBiasMonitorParameters

DEPLOYS: Final = monitors.DEPLOYS


def template() -> Template:
    """The template."""
    built = Template()
    kind = MonitorKind(
        prefix="ModelBias",
        folder="model_bias",
        parameters=ModelBiasMonitorParameters,
        inputs=clarify.INPUTS,
        output=clarify.OUTPUT,
        baseline_config=clarify.analysis(),
        specification=clarify.specification(),
        endpoint_input={
            **monitor_inputs.given(built, FeaturesAttribute="FeaturesAttribute"),
            **monitor_inputs.predictions(built),
            **monitor_inputs.truth(built),
        },
        job_input=monitor_inputs.ground_truth(),
    )
    description = "a monitor of how evenly an endpoint treats groups."
    monitors.add_to(built, description, kind, clarify.policy(), monitor_inputs.read_ground_truth())
    return built
