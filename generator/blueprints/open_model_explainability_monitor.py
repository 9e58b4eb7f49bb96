# SPDX-License-Identifier: Apache-2.0
"""Explainability monitor on the open engine."""

from __future__ import annotations

from typing import Final

from troposphere import Template

from generator.monitoring import clarify, open_environments, open_monitors
from generator.monitoring.open_monitors import OpenKind
from orchestrator.pipeline_types.built_in.monitors.parameters import OpenModelExplainabilityMonitorParameters

DEPLOYS: Final = open_monitors.DEPLOYS

_ANALYSIS: Final = "MODEL_EXPLAINABILITY"


def template() -> Template:
    """The template."""
    built = Template()
    kind = OpenKind(
        type_="ModelExplainability",
        parameters=OpenModelExplainabilityMonitorParameters,
        inputs=clarify.INPUTS,
        output=clarify.OUTPUT,
        baseline=open_environments.baseline(_ANALYSIS, clarify.INPUTS[0], **open_environments.analysis_of_baseline()),
        run=open_environments.run(
            built, _ANALYSIS, **open_environments.analysis(built), **open_environments.predictions(built)
        ),
    )
    description = "a monitor of what counts for an endpoint's predictions, on the open engine."
    open_monitors.add_to(built, description, kind, clarify.policy(), clarify.read_shap_baseline(built))
    return built
