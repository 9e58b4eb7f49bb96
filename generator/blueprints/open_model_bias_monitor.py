# SPDX-License-Identifier: Apache-2.0
"""Bias monitor on the open engine."""

from __future__ import annotations

from typing import Final

from troposphere import Template

from generator.monitoring import clarify, open_environments, open_monitors, open_roles
from generator.monitoring.open_monitors import OpenKind
from orchestrator.pipeline_types.built_in.monitors.parameters import OpenModelBiasMonitorParameters

DEPLOYS: Final = open_monitors.DEPLOYS

_ANALYSIS: Final = "MODEL_BIAS"


def template() -> Template:
    """The template."""
    built = Template()
    kind = OpenKind(
        type_="ModelBias",
        parameters=OpenModelBiasMonitorParameters,
        inputs=clarify.INPUTS,
        output=clarify.OUTPUT,
        baseline=open_environments.baseline(_ANALYSIS, clarify.INPUTS[0], **open_environments.analysis_of_baseline()),
        run=open_environments.run(
            built,
            _ANALYSIS,
            **open_environments.analysis(built),
            **open_environments.predictions(built),
            **open_environments.truth(built),
            **open_environments.training_data(built),
        ),
    )
    description = "a monitor of how evenly an endpoint treats groups, on the open engine."
    open_monitors.add_to(
        built,
        description,
        kind,
        clarify.policy(),
        open_roles.read_ground_truth(built),
        open_roles.keep_training_data(built),
    )
    return built
