# SPDX-License-Identifier: Apache-2.0
"""Training: one job, and perhaps a schedule that trains again (compatibility 3.10)."""

from __future__ import annotations

from typing import Any, Final

from awacs import sagemaker as sagemaker_actions
from troposphere import GetAtt, Ref, Select, Split, Sub, Template, iam
from troposphere.scheduler import FlexibleTimeWindow, RetryPolicy, Schedule, Target

from generator import arns, deployment, parameters, permissions
from generator.conditions import if_provided, provided
from generator.resources import job_access, network, sagemaker_jobs, sagemaker_roles, training_requests
from generator.resources.json_text import Json, json_text
from generator.resources.sagemaker_jobs import Job
from orchestrator.pipeline_types.built_in.training.model_training import ModelTrainingParameters
from orchestrator.sagemaker import job_kinds

DEPLOYS: Final = (*sagemaker_jobs.DEPLOYS, deployment.schedules)

_DESCRIPTION = "MLOps Workload Orchestrator: a training job, once or on a schedule."
_JOB = "TrainingJob"
_SCHEDULE = "Schedule"
_SCHEDULE_ROLE = "ScheduleRole"
_EXPRESSION = "ScheduleExpression"
_SCHEDULED = "mlops-train"


def template() -> Template:
    """The template."""
    built = Template(Description=_DESCRIPTION)
    parameters.declare_filled(built, ModelTrainingParameters)
    built.add_resource(training_requests.role(built, sagemaker_roles.only_for_this_account()))
    built.add_resource(schedule_role(built))
    built.add_resource(schedule(built))
    own = job(built)
    # After the schedule: nothing is started in a stack that fails for that.
    last = if_provided(built, _EXPRESSION, Ref(_SCHEDULE))
    policies = (job_access.starting_policy(own.arns), sagemaker_roles.hand_on_request_key(built))
    own.add_to(built, *policies, After=last)
    add_outputs(built)
    return built


def request(built: Template, job_name: Any) -> dict[str, Any]:
    """The request of compatibility 3.10 without the job's name, for the job at deployment and those of the schedule."""
    return {
        "RoleArn": GetAtt(job_access.ROLE, "Arn"),
        "AlgorithmSpecification": training_requests.algorithm(built),
        "HyperParameters": Json("HyperParameters"),
        "InputDataConfig": training_requests.channels(built),
        "OutputDataConfig": training_requests.output(built),
        "ResourceConfig": training_requests.resources(built),
        **training_requests.limits(built, job_name),
        **network.of_job(built),
        "Tags": Json("Tags"),
    }


def job(built: Template) -> Job:
    """The job at deployment; another one when the request changes."""
    return Job(
        title=_JOB,
        kind="TrainingJob",
        request=request(built, job_access.JOB_NAME),
        name=job_access.name(built),
        arns=job_access.jobs("training-job"),
    )


def schedule(built: Template) -> Schedule:
    """Schedule on which EventBridge Scheduler itself starts the same job, each time under a new name.

    The name has room for an execution id of 36 characters within SageMaker's limit of 63.
    """
    stack = Select(4, Split("-", Select(2, Split("/", Ref("AWS::StackId")))))
    name = Sub(f"{_SCHEDULED}-${{Stack}}-<aws.scheduler.execution-id>", Stack=stack)
    return Schedule(
        _SCHEDULE,
        Condition=provided(built, _EXPRESSION),
        Description=Sub("Training for ${AWS::StackName}"),
        ScheduleExpression=Ref(_EXPRESSION),
        FlexibleTimeWindow=FlexibleTimeWindow(Mode="OFF"),
        Target=Target(
            Arn=Sub("arn:${AWS::Partition}:scheduler:::aws-sdk:sagemaker:createTrainingJob"),
            RoleArn=GetAtt(_SCHEDULE_ROLE, "Arn"),
            Input=json_text({"TrainingJobName": name, **request(built, name)}),
            RetryPolicy=RetryPolicy(MaximumEventAgeInSeconds=3600, MaximumRetryAttempts=3),
        ),
    )


def schedule_role(built: Template) -> iam.Role:
    """Start the jobs of schedules."""
    jobs = arns.regional("sagemaker", f"training-job/{_SCHEDULED}-*")
    return iam.Role(
        _SCHEDULE_ROLE,
        Condition=provided(built, _EXPRESSION),
        AssumeRolePolicyDocument=permissions.trusted_by("scheduler.amazonaws.com", permissions.within_this_account()),
        Policies=[
            permissions.policy(
                "Jobs",
                permissions.allow([sagemaker_actions.AddTags, sagemaker_actions.CreateTrainingJob], jobs),
                permissions.pass_role(GetAtt(job_access.ROLE, "Arn"), "sagemaker.amazonaws.com"),
            ),
            sagemaker_roles.hand_on_request_key(built),
        ],
    )


def add_outputs(built: Template) -> None:
    """Add outputs that lead a person to the job, its data and its results."""
    job_access.add_outputs(built, _JOB, job_kinds.TRAINING.output, "TrainingJobOutputLocation")
    training_requests.add_validation_output(built)
