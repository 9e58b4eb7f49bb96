# SPDX-License-Identifier: Apache-2.0
"""Batch transform: a model, a job that scores a data set with it, and perhaps a schedule (compatibility 3.3, 3.4)."""

from __future__ import annotations

from typing import Any, Final

from awacs import s3
from awacs import sagemaker as sagemaker_actions
from awacs.aws import Condition, StringLike
from troposphere import GetAtt, Output, Ref, Sub, Template, iam
from troposphere.scheduler import FlexibleTimeWindow, RetryPolicy, Schedule, Target

from generator import arns, deployment, names, parameters, permissions
from generator.conditions import if_provided, provided
from generator.resources import model_resources, network, sagemaker_jobs, sagemaker_roles
from generator.resources.json_text import Json, Number, json_text
from generator.resources.model_resources import MODEL
from generator.resources.sagemaker_jobs import Job
from orchestrator.pipeline_types.built_in.batch_transform import BatchTransform
from orchestrator.sagemaker import job_kinds

DEPLOYS: Final = (*sagemaker_jobs.DEPLOYS, deployment.models, deployment.schedules)

_DESCRIPTION = "MLOps Workload Orchestrator: a batch transform job, once or on a schedule."
_ROLE = "SageMakerRole"
_JOB = "TransformJob"
_SCHEDULE = "Schedule"
_SCHEDULE_ROLE = "ScheduleRole"
_EXPRESSION = "ScheduleExpression"
_MODEL_NAME = GetAtt(MODEL, "ModelName")


def template() -> Template:
    """The template."""
    built = Template(Description=_DESCRIPTION)
    parameters.declare_filled(built, BatchTransform.template_parameters())
    built.add_resource(role(built))
    built.add_resource(model_resources.model(built, _ROLE))
    built.add_resource(schedule_role(built))
    built.add_resource(schedule(built))
    # After the schedule: nothing is started in a stack that fails for that.
    last = if_provided(built, _EXPRESSION, Ref(_SCHEDULE))
    own = job(built)
    tagging = permissions.policy("Tagging", permissions.allow([sagemaker_actions.AddTags], own.arns))
    own.add_to(built, tagging, sagemaker_roles.hand_on_request_key(built), After=last)
    add_outputs(built)
    return built


def role(built: Template) -> iam.Role:
    """Load the model, read the data, write the results."""
    return sagemaker_roles.role(
        _ROLE,
        *sagemaker_roles.read_own_model(built),
        read_data(),
        sagemaker_roles.write_objects("Results", "BatchOutputLocation"),
        sagemaker_roles.use_request_key(built),
        network.interfaces(built),
        condition=sagemaker_roles.only_for_this_account(),
    )


def read_data() -> Any:
    """Read a file, or everything below a prefix, as SageMaker does (lesson 74)."""
    listed = Condition(StringLike("s3:prefix", [Sub("${BatchInputKey}*")]))
    return permissions.policy(
        "Data",
        permissions.allow([s3.GetObject], arns.s3("${BatchInputBucket}/${BatchInputKey}*")),
        permissions.allow([s3.ListBucket], arns.s3("${BatchInputBucket}"), listed),
    )


def request(built: Template) -> dict[str, Any]:
    """The request of compatibility 3.3, for the job at deployment and for those of the schedule alike."""
    key = if_provided(built, "KmsKeyArn", Ref("KmsKeyArn"))
    # Some instance types refuse a key for their volumes (lesson 72).
    volume_key = if_provided(built, "VolumeKmsKeyArn", Ref("VolumeKmsKeyArn"))
    return {
        "ModelName": _MODEL_NAME,
        "BatchStrategy": if_provided(built, "BatchStrategy", Ref("BatchStrategy")),
        "MaxPayloadInMB": if_provided(built, "MaxPayloadInMB", Number("MaxPayloadInMB")),
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": Sub("s3://${BatchInferenceData}")}},
            "ContentType": Ref("ContentType"),
            "SplitType": Ref("SplitType"),
            "CompressionType": "None",
        },
        "TransformOutput": {
            "S3OutputPath": Sub("s3://${BatchOutputLocation}"),
            "Accept": Ref("Accept"),
            "AssembleWith": "Line",
            "KmsKeyId": key,
        },
        "TransformResources": {
            "InstanceType": Ref("InferenceInstance"),
            "InstanceCount": Number("InstanceCount"),
            "VolumeKmsKeyId": volume_key,
        },
        "Tags": Json("Tags"),
    }


def job(built: Template) -> Job:
    """The job at deployment; another one when the request changes."""
    # Named after the model, which is named after its logical id or the stack; SageMaker's ARNs are in lower case.
    prefixes = (f"{MODEL}-*-batch-transform-", *names.ROLE_PREFIXES)
    return Job(
        title=_JOB,
        kind="TransformJob",
        request=request(built),
        name={"NamePrefix": Sub(f"${{{MODEL}.ModelName}}-batch-transform")},
        arns=[arns.regional("sagemaker", f"transform-job/{prefix.lower()}*") for prefix in prefixes],
    )


def schedule(built: Template) -> Schedule:
    """The same job again and again, started by EventBridge Scheduler itself.

    Its names have some digits of the stack's id only: with an execution id of any length they stay within SageMaker's
    63 characters. https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
    """
    name = Sub("mlops-batch-${Stack}-<aws.scheduler.execution-id>", Stack=arns.stack_digits())
    return Schedule(
        _SCHEDULE,
        Condition=provided(built, _EXPRESSION),
        Description=Sub("Batch transform with ${ModelName}"),
        ScheduleExpression=Ref(_EXPRESSION),
        FlexibleTimeWindow=FlexibleTimeWindow(Mode="OFF"),
        Target=Target(
            Arn=Sub("arn:${AWS::Partition}:scheduler:::aws-sdk:sagemaker:createTransformJob"),
            RoleArn=GetAtt(_SCHEDULE_ROLE, "Arn"),
            Input=json_text({"TransformJobName": name, **request(built)}),
            RetryPolicy=RetryPolicy(MaximumEventAgeInSeconds=3600, MaximumRetryAttempts=3),
        ),
    )


def schedule_role(built: Template) -> iam.Role:
    """Start the jobs of schedules."""
    jobs = arns.regional("sagemaker", "transform-job/mlops-batch-*")
    actions = [sagemaker_actions.AddTags, sagemaker_actions.CreateTransformJob]
    return iam.Role(
        _SCHEDULE_ROLE,
        Condition=provided(built, _EXPRESSION),
        AssumeRolePolicyDocument=permissions.trusted_by("scheduler.amazonaws.com", permissions.within_this_account()),
        Policies=[
            permissions.policy("Jobs", permissions.allow(actions, jobs)),
            sagemaker_roles.hand_on_request_key(built),
        ],
    )


def add_outputs(built: Template) -> None:
    """Add outputs that identify the job and its results."""
    values = {
        "SageMakerModelName": ("Model", _MODEL_NAME),
        job_kinds.TRANSFORM.output: ("The job of this deployment", GetAtt(_JOB, "JobName")),
        "BatchTransformOutputLocation": ("Results", Sub("s3://${BatchOutputLocation}/")),
    }
    for name, (description, value) in values.items():
        built.add_output(Output(name, Description=description, Value=value))
