# SPDX-License-Identifier: Apache-2.0
"""Resources of the four monitors on SageMaker's engine: a baseline, a job definition, a schedule, reports of its runs.

Native throughout: no function, and nothing that CloudFormation has no resource for. The baseline has no name, because
SageMaker never frees one and a rollback could not make it again. CloudFormation's processing job is there when the job
has ended, by its schema; definition and schedule come after it, so a baseline that fails fails the deployment, and
nothing is left that would run without one (lessons 6 and 7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from troposphere import AWSObject, GetAtt, Ref, Sub, Tags, Template, sagemaker

from generator import deployment, parameters
from generator.conditions import if_provided
from generator.monitoring import job_parts, monitor_roles, monitor_runs
from generator.monitoring.job_parts import BaselineJob, Input
from generator.resources import network
from orchestrator.pipeline_types.built_in.monitors.parameters import MonitorParameters

DEPLOYS: Final = (
    deployment.roles,
    deployment.baselines,
    deployment.networks,
    deployment.keys_for_volumes,
    deployment.monitors,
)

BASELINE: Final = "Baseline"
DEFINITION: Final = "JobDefinition"
SCHEDULE: Final = "MonitoringSchedule"


@dataclass(frozen=True)
class MonitorKind:
    """The differences between monitors."""

    prefix: str
    """Prefix of its names in the API (`DataQuality`), and its MonitoringType."""
    folder: str
    """In the containers' paths, e.g. `data_quality`."""
    parameters: type[MonitorParameters]
    inputs: Sequence[Input]
    output: str
    """Name of the baseline's output."""
    baseline_config: Mapping[str, Any]
    """The files of the baseline that the schedule compares with."""
    environment: Mapping[str, Any] | None = None
    """The baseline's environment variables."""
    specification: Mapping[str, Any] = field(default_factory=dict)
    """The job definition's application, beside the image."""
    endpoint_input: Mapping[str, Any] = field(default_factory=dict)
    """How the endpoint's data is understood."""
    job_input: Mapping[str, Any] = field(default_factory=dict)
    """Inputs of the runs beside the endpoint's data."""


def add_to(built: Template, description: str, kind: MonitorKind, *policies: Any) -> None:
    """Add all parts of a monitor; `policies` are what only this kind may do beside what all may."""
    built.set_description(f"MLOps Workload Orchestrator: {description}")
    parameters.declare_filled(built, kind.parameters)
    built.add_resource(monitor_roles.role(built, *policies))
    built.add_resource(baseline(built, kind))
    built.add_resource(definition(built, kind))
    built.add_resource(schedule(kind))
    built.add_resource(monitor_runs.forwarding_rule(built, monitor_runs.ended(GetAtt(monitor_runs.ROLE, "Arn"))))
    job_parts.add_outputs(built, BASELINE, kind.prefix)


def baseline(built: Template, kind: MonitorKind) -> sagemaker.ProcessingJob:
    """The job that computes the baseline (compatibility 3.6 to 3.9)."""
    application = sagemaker.AppSpecification(ImageUri=Ref("ImageUri"))
    job = BaselineJob(BASELINE, application, Ref("InstanceCount"), kind.inputs, kind.output, kind.environment)
    return job_parts.baseline(built, job)


def definition(built: Template, kind: MonitorKind) -> AWSObject:
    """Job definition of the schedule's runs; unnamed, so that any change creates a new one."""
    prefix = kind.prefix
    endpoint = {"EndpointName": Ref("EndpointName"), "LocalPath": f"{job_parts.INPUT}/{kind.folder}_input"}
    # Metrics are what the alarm looks at, and what people look at in CloudWatch.
    specification = {"ImageUri": Ref("ImageUri"), "Environment": {"publish_cloudwatch_metrics": "Enabled"}}
    properties: dict[str, Any] = {
        f"{prefix}AppSpecification": {**specification, **kind.specification},
        f"{prefix}BaselineConfig": dict(kind.baseline_config),
        f"{prefix}JobInput": {"EndpointInput": {**endpoint, **kind.endpoint_input}, **kind.job_input},
    }
    made: type[AWSObject] = getattr(sagemaker, f"{prefix}JobDefinition")
    parts = {name: _part(made, name, value) for name, value in properties.items()}
    report = sagemaker.MonitoringOutput(
        S3Output=job_parts.s3_output(
            Sub("s3://${MonitoringOutputLocation}"), f"{job_parts.OUTPUT}/{kind.folder}_output"
        )
    )
    parts[f"{prefix}JobOutputConfig"] = sagemaker.MonitoringOutputConfig(
        MonitoringOutputs=[report], KmsKeyId=if_provided(built, "KmsKeyArn", Ref("KmsKeyArn"))
    )
    return made(
        DEFINITION,
        DependsOn=[BASELINE],
        JobResources=sagemaker.MonitoringResources(ClusterConfig=job_parts.cluster(built, Ref("InstanceCount"))),
        RoleArn=GetAtt(monitor_runs.ROLE, "Arn"),
        StoppingCondition=sagemaker.StoppingCondition(MaxRuntimeInSeconds=Ref("MonitorMaxRuntimeSeconds")),
        NetworkConfig=sagemaker.NetworkConfig(EnableInterContainerTrafficEncryption=True, **network.properties(built)),
        Tags=_tags(),
        **parts,
    )


def schedule(kind: MonitorKind) -> sagemaker.MonitoringSchedule:
    """The schedule on which the endpoint's data is analysed."""
    return sagemaker.MonitoringSchedule(
        SCHEDULE,
        MonitoringScheduleName=Ref("MonitoringScheduleName"),
        MonitoringScheduleConfig=sagemaker.MonitoringScheduleConfig(
            MonitoringJobDefinitionName=GetAtt(DEFINITION, "JobDefinitionName"),
            MonitoringType=kind.prefix,
            ScheduleConfig=sagemaker.ScheduleConfig(ScheduleExpression=Ref("ScheduleExpression")),
        ),
        Tags=_tags(),
    )


def _part(made: type[AWSObject], name: str, value: Any) -> Any:
    """A property of the type that troposphere declares for it, made of plain values."""
    declared: Any = made.props[name][0]
    return declared.from_dict(name, value)


def _tags() -> Tags:
    return Tags({"stack-name": Ref("AWS::StackName")})
