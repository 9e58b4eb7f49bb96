# SPDX-License-Identifier: Apache-2.0
"""Resources of the four monitor blueprints: a baseline, a job definition, a schedule, and the report of its runs.

Native throughout: no function, and nothing that CloudFormation has no resource for. The baseline has no name, because
SageMaker never frees one and a rollback could not make it again. CloudFormation's processing job is there when the job
has ended, by its schema; definition and schedule come after it, so a baseline that fails fails the deployment, and
nothing is left that would run without one (lessons 6 and 7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from troposphere import AWSObject, GetAtt, Output, Ref, Select, Split, Sub, Tags, Template, sagemaker

from generator import deployment, parameters
from generator.conditions import if_provided
from generator.monitoring import monitor_roles, monitor_runs
from orchestrator.pipeline_types.built_in.monitors.parameters import MonitorParameters
from orchestrator.sagemaker import deployed_outputs, job_kinds

DEPLOYS: Final = (deployment.roles, deployment.monitors)

BASELINE: Final = "Baseline"
DEFINITION: Final = "JobDefinition"
SCHEDULE: Final = "MonitoringSchedule"
_INPUT: Final = "/opt/ml/processing/input"
_OUTPUT: Final = "/opt/ml/processing/output"


@dataclass(frozen=True)
class Input:
    """An object, or what is below a prefix, that the baseline reads."""

    name: str
    uri: Any
    folder: str


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
    parameters.declare(built, kind.parameters)
    built.add_resource(monitor_roles.role(built, *policies))
    built.add_resource(baseline(built, kind))
    built.add_resource(definition(built, kind))
    built.add_resource(schedule(kind))
    built.add_resource(monitor_runs.forwarding_rule(built))
    add_outputs(built, kind)


def baseline_file(name: str) -> Sub:
    """The address of a file of the baseline."""
    return Sub(f"s3://${{BaselineJobOutputLocation}}/{name}")


def baseline(built: Template, kind: MonitorKind) -> sagemaker.ProcessingJob:
    """The job that computes the baseline (compatibility 3.6 to 3.9); any change of it is another job."""
    run_time = sagemaker.StoppingCondition(MaxRuntimeInSeconds=Ref("BaselineMaxRuntimeSeconds"))
    environment = {} if kind.environment is None else {"Environment": dict(kind.environment)}
    return sagemaker.ProcessingJob(
        BASELINE,
        AppSpecification=sagemaker.AppSpecification(ImageUri=Ref("ImageUri")),
        RoleArn=GetAtt(monitor_runs.ROLE, "Arn"),
        ProcessingResources=sagemaker.ProcessingResources(ClusterConfig=_cluster(built)),
        ProcessingInputs=[_input(one) for one in kind.inputs],
        ProcessingOutputConfig=sagemaker.ProcessingOutputConfig(
            Outputs=[
                sagemaker.ProcessingOutputsObject(
                    OutputName=kind.output,
                    AppManaged=False,
                    S3Output=_output(Sub("s3://${BaselineJobOutputLocation}"), _OUTPUT),
                )
            ],
            KmsKeyId=if_provided(built, "KmsKeyArn", Ref("KmsKeyArn")),
        ),
        StoppingCondition=if_provided(built, "BaselineMaxRuntimeSeconds", run_time),
        # One more property would compute the baselines of all monitors that are there anew.
        NetworkConfig=if_provided(built, "Subnets", sagemaker.NetworkConfig(VpcConfig=_vpc())),
        Tags=Tags({"stack_name": Ref("AWS::StackName")}),
        **environment,
    )


def definition(built: Template, kind: MonitorKind) -> AWSObject:
    """Job definition of the schedule's runs; unnamed, so that any change creates a new one."""
    prefix = kind.prefix
    endpoint = {"EndpointName": Ref("EndpointName"), "LocalPath": f"{_INPUT}/{kind.folder}_input"}
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
        S3Output=_output(Sub("s3://${MonitoringOutputLocation}"), f"{_OUTPUT}/{kind.folder}_output")
    )
    parts[f"{prefix}JobOutputConfig"] = sagemaker.MonitoringOutputConfig(
        MonitoringOutputs=[report], KmsKeyId=if_provided(built, "KmsKeyArn", Ref("KmsKeyArn"))
    )
    return made(
        DEFINITION,
        DependsOn=[BASELINE],
        JobResources=sagemaker.MonitoringResources(ClusterConfig=_cluster(built)),
        RoleArn=GetAtt(monitor_runs.ROLE, "Arn"),
        StoppingCondition=sagemaker.StoppingCondition(MaxRuntimeInSeconds=Ref("MonitorMaxRuntimeSeconds")),
        NetworkConfig=sagemaker.NetworkConfig(
            EnableInterContainerTrafficEncryption=True, VpcConfig=if_provided(built, "Subnets", _vpc())
        ),
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


def add_outputs(built: Template, kind: MonitorKind) -> None:
    """Add outputs that identify baseline, schedule and reports (compatibility 3.5)."""
    reports = "s3://${MonitoringOutputLocation}/${EndpointName}/${MonitoringScheduleName}/"
    # Its name, as DescribeProcessingJob takes it, is no attribute of the resource.
    job = GetAtt(BASELINE, "ProcessingJobArn")
    values = {
        "BaselineName": ("The name of the job that computed the baseline", Select(1, Split("/", job))),
        job_kinds.PROCESSING.output: ("The job itself", job),
        "BaselineJobOutput": ("The baseline's files", Sub("s3://${BaselineJobOutputLocation}/")),
        deployed_outputs.SCHEDULE: ("The schedule", Ref("MonitoringScheduleName")),
        "MonitoringScheduleType": ("What is monitored", kind.prefix),
        "MonitoringScheduleOutput": ("The reports", Sub(reports)),
        "MonitoredSagemakerEndpoint": ("The endpoint", Ref("EndpointName")),
        "DataCaptureS3Location": ("Captured data", Sub("s3://${DataCaptureLocation}/${EndpointName}/")),
    }
    for name, (description, value) in values.items():
        built.add_output(Output(name, Description=description, Value=value))


def _part(made: type[AWSObject], name: str, value: Any) -> Any:
    """A property of the type that troposphere declares for it, made of plain values."""
    declared: Any = made.props[name][0]
    return declared.from_dict(name, value)


def _cluster(built: Template) -> sagemaker.ClusterConfig:
    return sagemaker.ClusterConfig(
        InstanceCount=Ref("InstanceCount"),
        InstanceType=Ref("InstanceType"),
        VolumeSizeInGB=Ref("InstanceVolumeSize"),
        # Some instance types refuse a key for their volumes (lesson 72).
        VolumeKmsKeyId=if_provided(built, "VolumeKmsKeyArn", Ref("VolumeKmsKeyArn")),
    )


def _vpc() -> sagemaker.VpcConfig:
    return sagemaker.VpcConfig(SecurityGroupIds=Split(",", Ref("SecurityGroupIds")), Subnets=Split(",", Ref("Subnets")))


def _input(one: Input) -> sagemaker.ProcessingInputsObject:
    return sagemaker.ProcessingInputsObject(
        InputName=one.name,
        AppManaged=False,
        S3Input=sagemaker.S3Input(
            S3Uri=one.uri,
            LocalPath=f"{_INPUT}/{one.folder}",
            S3DataType="S3Prefix",
            S3InputMode="File",
            S3DataDistributionType="FullyReplicated",
            S3CompressionType="None",
        ),
    )


def _output(uri: Any, folder: str) -> sagemaker.S3Output:
    return sagemaker.S3Output(S3Uri=uri, LocalPath=folder, S3UploadMode="EndOfJob")


def _tags() -> Tags:
    return Tags({"stack-name": Ref("AWS::StackName")})
