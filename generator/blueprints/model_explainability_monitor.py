# SPDX-License-Identifier: Apache-2.0
"""Explainability monitor (compatibility 3.9)."""

from __future__ import annotations

from typing import Final

from troposphere import Template

from generator.monitoring import clarify, monitor_inputs, monitors
from generator.monitoring.monitors import MonitorKind
from orchestrator.pipeline_types.built_in.monitors.parameters import ModelExplainabilityMonitorParameters

DEPLOYS: Final = monitors.DEPLOYS


def template() -> Template:
    """The template."""
    built = Template()
    kind = MonitorKind(
        prefix="ModelExplainability",
        folder="model_explainability",
        parameters=ModelExplainabilityMonitorParameters,
        inputs=clarify.INPUTS,
        output=clarify.OUTPUT,
        baseline_config=clarify.analysis(),
        specification=clarify.specification(),
        endpoint_input={
            **monitor_inputs.given(built, FeaturesAttribute="FeaturesAttribute"),
            **monitor_inputs.predictions(built),
        },
    )
    description = "a monitor of what counts for an endpoint's predictions."
    monitors.add_to(built, description, kind, clarify.policy(), clarify.read_shap_baseline(built))
    return built
