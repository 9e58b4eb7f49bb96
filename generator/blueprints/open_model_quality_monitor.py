# SPDX-License-Identifier: Apache-2.0
"""Model quality monitor on the open engine, with an alarm for a model that is no better than a guess."""

from __future__ import annotations

from typing import Final

from troposphere import Ref, Template

from generator.monitoring import (
    model_monitor,
    open_environments,
    open_metrics,
    open_monitors,
    open_roles,
    quality_alarm,
)
from generator.monitoring.open_monitors import OpenKind
from orchestrator.pipeline_types.built_in.monitors.parameters import OpenModelQualityMonitorParameters

DEPLOYS: Final = open_monitors.DEPLOYS

_ANALYSIS: Final = "MODEL_QUALITY"


def template() -> Template:
    """The template."""
    built = Template()
    kind = OpenKind(
        type_="ModelQuality",
        parameters=OpenModelQualityMonitorParameters,
        inputs=model_monitor.INPUTS,
        output=model_monitor.OUTPUT,
        baseline=open_environments.baseline(_ANALYSIS, model_monitor.INPUTS[0], **model_monitor.quality_columns(built)),
        run=open_environments.run(
            built,
            _ANALYSIS,
            problem_type=Ref("ProblemType"),
            **open_environments.limits(),
            **open_environments.predictions(built),
            **open_environments.truth(built),
            **open_environments.training_data(built, **open_environments.columns()),
        ),
    )
    description = "a monitor of the quality of an endpoint's predictions, on the open engine."
    open_monitors.add_to(
        built, description, kind, open_roles.read_ground_truth(built), open_roles.keep_training_data(built)
    )
    built.add_resource(quality_alarm.alarm(built, open_metrics.NAMESPACE))
    return built
