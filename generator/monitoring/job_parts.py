# SPDX-License-Identifier: Apache-2.0
"""Parts of the jobs of monitors that are the same for both engines: baseline, cluster, network, inputs, outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from troposphere import GetAtt, Output, Ref, Select, Split, Sub, Tags, Template, sagemaker

from generator.conditions import if_provided
from generator.monitoring import monitor_runs
from generator.resources import network
from orchestrator.sagemaker import deployed_outputs, job_kinds

INPUT: Final = "/opt/ml/processing/input"
OUTPUT: Final = "/opt/ml/processing/output"


@dataclass(frozen=True)
class Input:
    """An object, or what is below a prefix, that a job reads."""

    name: str
    uri: Any
    folder: str


def baseline_file(name: str) -> Sub:
    """The address of a file of the baseline."""
    return Sub(f"s3://${{BaselineJobOutputLocation}}/{name}")


@dataclass(frozen=True)
class BaselineJob:
    """The differences between jobs that compute baselines."""

    title: str
    """Logical id."""
    application: sagemaker.AppSpecification
    instances: Any
    inputs: Sequence[Input]
    output: str
    """Name of its output."""
    environment: Mapping[str, Any] | None


def baseline(built: Template, job: BaselineJob) -> sagemaker.ProcessingJob:
    """The job that computes a baseline (compatibility 3.6 to 3.9); any change of it is another job.

    It has no name: SageMaker never frees one, and a rollback could not make it again.
    """
    run_time = sagemaker.StoppingCondition(MaxRuntimeInSeconds=Ref("BaselineMaxRuntimeSeconds"))
    environment = {} if job.environment is None else {"Environment": dict(job.environment)}
    written = sagemaker.ProcessingOutputsObject(
        OutputName=job.output, AppManaged=False, S3Output=s3_output(Sub("s3://${BaselineJobOutputLocation}"), OUTPUT)
    )
    return sagemaker.ProcessingJob(
        job.title,
        AppSpecification=job.application,
        RoleArn=GetAtt(monitor_runs.ROLE, "Arn"),
        ProcessingResources=sagemaker.ProcessingResources(ClusterConfig=cluster(built, job.instances)),
        ProcessingInputs=[_input(one) for one in job.inputs],
        ProcessingOutputConfig=sagemaker.ProcessingOutputConfig(
            Outputs=[written], KmsKeyId=if_provided(built, "KmsKeyArn", Ref("KmsKeyArn"))
        ),
        StoppingCondition=if_provided(built, "BaselineMaxRuntimeSeconds", run_time),
        NetworkConfig=network.of_baseline(built),
        Tags=Tags({"stack_name": Ref("AWS::StackName")}),
        **environment,
    )


def cluster(built: Template, instances: Any) -> sagemaker.ClusterConfig:
    """The instances of a job."""
    return sagemaker.ClusterConfig(
        InstanceCount=instances,
        InstanceType=Ref("InstanceType"),
        VolumeSizeInGB=Ref("InstanceVolumeSize"),
        # Some instance types refuse a key for their volumes (lesson 72).
        VolumeKmsKeyId=if_provided(built, "VolumeKmsKeyArn", Ref("VolumeKmsKeyArn")),
    )


def input_of(one: Input) -> dict[str, Any]:
    """An input as CreateProcessingJob has it."""
    return {
        "InputName": one.name,
        "AppManaged": False,
        "S3Input": {
            "S3Uri": one.uri,
            "LocalPath": f"{INPUT}/{one.folder}",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
            "S3CompressionType": "None",
        },
    }


def s3_output(uri: Any, folder: str) -> sagemaker.S3Output:
    """What is below a folder of the container, uploaded when the job has ended."""
    return sagemaker.S3Output(S3Uri=uri, LocalPath=folder, S3UploadMode="EndOfJob")


def _input(one: Input) -> sagemaker.ProcessingInputsObject:
    properties: Mapping[str, Any] = input_of(one)
    return sagemaker.ProcessingInputsObject(**{**properties, "S3Input": sagemaker.S3Input(**properties["S3Input"])})


def add_outputs(built: Template, baseline: str, type_: str) -> None:
    """Add outputs that identify baseline, schedule and reports (compatibility 3.5)."""
    reports = "s3://${MonitoringOutputLocation}/${EndpointName}/${MonitoringScheduleName}/"
    # Its name, as DescribeProcessingJob takes it, is no attribute of the resource.
    job = GetAtt(baseline, "ProcessingJobArn")
    values = {
        "BaselineName": ("The name of the job that computed the baseline", Select(1, Split("/", job))),
        job_kinds.PROCESSING.output: ("The job itself", job),
        "BaselineJobOutput": ("The baseline's files", Sub("s3://${BaselineJobOutputLocation}/")),
        deployed_outputs.SCHEDULE: ("The schedule", Ref("MonitoringScheduleName")),
        "MonitoringScheduleType": ("What is monitored", type_),
        "MonitoringScheduleOutput": ("The reports", Sub(reports)),
        "MonitoredSagemakerEndpoint": ("The endpoint", Ref("EndpointName")),
        "DataCaptureS3Location": ("Captured data", Sub("s3://${DataCaptureLocation}/${EndpointName}/")),
    }
    for name, (description, value) in values.items():
        built.add_output(Output(name, Description=description, Value=value))
