# SPDX-License-Identifier: Apache-2.0
"""Jobs of the open engine: the baseline at deployment, and the runs that EventBridge Scheduler starts by itself.

There is no function: the schedule's input is the request of CreateProcessingJob, and the one declaration of a run. The
orchestrator builds a run on demand from it.
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from troposphere import GetAtt, Ref, Sub, Template, sagemaker
from troposphere.scheduler import FlexibleTimeWindow, RetryPolicy, Schedule, Target

from generator import arns
from generator.conditions import if_provided
from generator.monitoring import job_parts, monitor_runs, open_roles
from generator.monitoring.job_parts import BaselineJob, Input
from generator.resources import network
from generator.resources.json_text import Number, json_text

BASELINE: Final = "OpenBaseline"
SCHEDULE: Final = "RunSchedule"
ENGINE: Final = Input("engine", Sub("s3://${PipelinesBucket}/${EngineKey}"), "engine")
BOOT: Final = (
    "import hashlib as h,runpy,sys;p,d=sys.argv[1:3];"
    "h.sha256(open(p,'rb').read()).hexdigest()==d or sys.exit(p+' is not the engine of this monitor: "
    "send the request again');sys.path.insert(0,p);runpy.run_module('monitor_engine',run_name='__main__')"
)
"""Runs the engine's archive if it has the digest; 256 characters at most, as each item of an entry point.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AppSpecification.html
"""
_ONE_HOUR: Final = 3600


def baseline(
    built: Template, inputs: Sequence[Input], output: str, environment: Mapping[str, Any]
) -> sagemaker.ProcessingJob:
    """The job that computes the baseline."""
    application = sagemaker.AppSpecification(**_application())
    return job_parts.baseline(built, BaselineJob(BASELINE, application, 1, [*inputs, ENGINE], output, environment))


def schedule(built: Template, environment: Mapping[str, Any]) -> Schedule:
    """The schedule of the runs, after the baseline, so that no run is without one.

    Each attempt to start a run has an execution id of its own, so one more attempt is all: paths of reports follow from
    the time for which a run was scheduled.
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
    """
    return Schedule(
        SCHEDULE,
        DependsOn=[BASELINE],
        Name=Ref("MonitoringScheduleName"),
        Description=Sub("Monitors ${EndpointName}"),
        ScheduleExpression=Ref("ScheduleExpression"),
        FlexibleTimeWindow=FlexibleTimeWindow(Mode="OFF"),
        Target=Target(
            Arn=Sub("arn:${AWS::Partition}:scheduler:::aws-sdk:sagemaker:createProcessingJob"),
            RoleArn=GetAtt(open_roles.SCHEDULE_ROLE, "Arn"),
            Input=json_text(run(built, environment)),
            RetryPolicy=RetryPolicy(MaximumEventAgeInSeconds=_ONE_HOUR, MaximumRetryAttempts=1),
        ),
    )


def run(built: Template, environment: Mapping[str, Any]) -> dict[str, Any]:
    """The request of CreateProcessingJob for a scheduled run.

    Names have some digits of the stack's id only: with an execution id of any length they stay within SageMaker's 63
    characters.
    """
    name = f"{open_roles.RUN_PREFIX}<aws.scheduler.execution-id>"
    return {
        "ProcessingJobName": Sub(name, Stack=arns.stack_digits()),
        "AppSpecification": _application(),
        "RoleArn": GetAtt(monitor_runs.ROLE, "Arn"),
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": Ref("InstanceType"),
                "VolumeSizeInGB": Number("InstanceVolumeSize"),
                # Some instance types refuse a key for their volumes (lesson 72).
                "VolumeKmsKeyId": if_provided(built, "VolumeKmsKeyArn", Ref("VolumeKmsKeyArn")),
            }
        },
        "ProcessingInputs": [job_parts.input_of(ENGINE)],
        "Environment": dict(environment),
        "StoppingCondition": {"MaxRuntimeInSeconds": Number("MonitorMaxRuntimeSeconds")},
        "NetworkConfig": network.if_in_vpc(built, {"VpcConfig": network.vpc_of_request()}),
        "Tags": [{"Key": "stack_name", "Value": Ref("AWS::StackName")}],
    }


def _application() -> dict[str, Any]:
    archive = f"{job_parts.INPUT}/{ENGINE.folder}/monitor_engine.zip"
    return {
        "ImageUri": Ref("ImageUri"),
        "ContainerEntrypoint": ["python3", "-c", BOOT, archive, Ref("EngineDigest")],
    }
