# SPDX-License-Identifier: Apache-2.0
"""Model quality monitor (compatibility 3.7), with an alarm for a model that is no better than a guess."""

from __future__ import annotations

from typing import Final

from troposphere import Ref, Template

from generator import deployment
from generator.monitoring import model_monitor, monitor_inputs, monitors, quality_alarm
from generator.monitoring.monitors import MonitorKind
from orchestrator.pipeline_types.built_in.monitors.parameters import ModelQualityMonitorParameters

DEPLOYS: Final = (*monitors.DEPLOYS, deployment.alarms)

_NAMESPACE: Final = "aws/sagemaker/Endpoints/model-metrics"


def template() -> Template:
    """The template."""
    built = Template()
    kind = MonitorKind(
        prefix="ModelQuality",
        folder="model_quality",
        parameters=ModelQualityMonitorParameters,
        inputs=model_monitor.INPUTS,
        output=model_monitor.OUTPUT,
        baseline_config=model_monitor.constraints(),
        environment=model_monitor.environment(analysis_type="MODEL_QUALITY", **model_monitor.quality_columns(built)),
        specification={"ProblemType": Ref("ProblemType")},
        endpoint_input={**monitor_inputs.predictions(built), **monitor_inputs.truth(built)},
        job_input=monitor_inputs.ground_truth(),
    )
    description = "a monitor of the quality of an endpoint's predictions."
    monitors.add_to(built, description, kind, monitor_inputs.read_ground_truth())
    built.add_resource(quality_alarm.alarm(built, _NAMESPACE))
    return built
