# SPDX-License-Identifier: Apache-2.0
"""Data quality monitor on the open engine."""

from __future__ import annotations

from typing import Final

from troposphere import Template

from generator.monitoring import model_monitor, open_environments, open_monitors
from generator.monitoring.open_monitors import OpenKind
from orchestrator.pipeline_types.built_in.monitors.parameters import OpenDataQualityMonitorParameters

DEPLOYS: Final = open_monitors.DEPLOYS

_ANALYSIS: Final = "DATA_QUALITY"


def template() -> Template:
    """The template."""
    built = Template()
    kind = OpenKind(
        type_="DataQuality",
        parameters=OpenDataQualityMonitorParameters,
        inputs=model_monitor.INPUTS,
        output=model_monitor.OUTPUT,
        baseline=open_environments.baseline(_ANALYSIS, model_monitor.INPUTS[0]),
        run=open_environments.run(
            built,
            _ANALYSIS,
            **open_environments.limits(),
            **open_environments.given(built, exclude_features_attribute="ExcludeFeaturesAttribute"),
        ),
    )
    open_monitors.add_to(built, "a monitor of the data that an endpoint gets, on the open engine.", kind)
    return built
