# SPDX-License-Identifier: Apache-2.0
"""Resources of the four monitors on the open engine: a baseline, a schedule of runs, two roles, two alarms.

No resource type is Model Monitor's: CloudFormation refuses a template with a type that a Region lacks, whatever the
conditions on it. So these templates are others than those on SageMaker's engine (`monitors.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from troposphere import GetAtt, Output, Template

from generator import deployment, parameters
from generator.monitoring import job_parts, monitor_runs, open_jobs, open_metrics, open_roles
from generator.monitoring.job_parts import Input
from orchestrator.pipeline_types.built_in.monitors.parameters import OpenMonitorParameters
from orchestrator.sagemaker import deployed_outputs

DEPLOYS: Final = (
    deployment.roles,
    deployment.baselines,
    deployment.networks,
    deployment.keys_for_volumes,
    deployment.monitor_schedules,
    deployment.alarms,
)


@dataclass(frozen=True)
class OpenKind:
    """The differences between monitors."""

    type_: str
    """What is monitored, as Model Monitor's MonitoringType has it: `DataQuality`."""
    parameters: type[OpenMonitorParameters]
    inputs: Sequence[Input]
    output: str
    """Name of the baseline's output."""
    baseline: Mapping[str, Any]
    """The baseline's environment variables."""
    run: Mapping[str, Any]
    """The environment variables of runs."""


def add_to(built: Template, description: str, kind: OpenKind, *policies: Any) -> None:
    """Add all parts of a monitor; `policies` are what only this kind may do beside what all may."""
    built.set_description(f"MLOps Workload Orchestrator: {description}")
    parameters.declare_filled(built, kind.parameters)
    built.add_resource(open_roles.role(built, *policies))
    built.add_resource(open_roles.schedule_role(built))
    built.add_resource(open_jobs.baseline(built, kind.inputs, kind.output, kind.baseline))
    built.add_resource(open_jobs.schedule(built, kind.run))
    pattern = monitor_runs.every_end(GetAtt(monitor_runs.ROLE, "Arn"))
    built.add_resource(monitor_runs.forwarding_rule(built, pattern))
    open_metrics.add_alarms(built)
    job_parts.add_outputs(built, open_jobs.BASELINE, kind.type_)
    built.add_output(Output(deployed_outputs.MONITOR_ENGINE, Description="The engine", Value=deployed_outputs.OPEN))
