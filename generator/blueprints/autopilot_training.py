# SPDX-License-Identifier: Apache-2.0
"""Autopilot: SageMaker finds the best model for a table (compatibility 3.12)."""

from __future__ import annotations

from typing import Any, Final

from awacs import sagemaker as sagemaker_actions
from awacs.aws import Statement
from troposphere import GetAtt, If, Ref, Sub, Template, iam

from generator import arns, parameters, permissions
from generator.conditions import if_provided, is_true
from generator.resources import job_access, network, sagemaker_jobs, sagemaker_roles
from generator.resources.json_text import Json, Number
from generator.resources.sagemaker_jobs import Job
from orchestrator.pipeline_types.built_in.training.autopilot_training import AutopilotParameters
from orchestrator.sagemaker import job_kinds

DEPLOYS: Final = sagemaker_jobs.DEPLOYS

_DESCRIPTION = "MLOps Workload Orchestrator: an Autopilot job."
_JOB = "AutopilotJob"
_PASSING_ITSELF = "SageMakerRolePassingItself"
_CHILDREN: Final = ("hyper-parameter-tuning-job", "processing-job", "training-job", "transform-job")
_SERVING: Final = ("endpoint", "endpoint-config", "model")


def template() -> Template:
    """The template."""
    built = Template(Description=_DESCRIPTION)
    parameters.declare_filled(built, AutopilotParameters)
    built.add_resource(role(built))
    built.add_resource(passing_itself())
    own = job(built)
    policies = (job_access.starting_policy(own.arns), sagemaker_roles.hand_on_request_key(built))
    own.add_to(built, *policies, After=Ref(_PASSING_ITSELF))
    job_access.add_outputs(built, _JOB, job_kinds.AUTOPILOT.output, "AutopilotJobOutputLocation")
    return built


def role(built: Template) -> iam.Role:
    """Role of Autopilot: reads data, writes results, runs jobs whose names begin with that of the Autopilot job."""
    return sagemaker_roles.role(
        job_access.ROLE,
        *job_access.data_policies(built, "TrainingData"),
        permissions.policy("JobsOfTheJob", _children(), _serving()),
    )


def _children() -> Statement:
    """Under the execution role Autopilot prepares data, trains, tunes, makes models and scores with them.

    https://docs.aws.amazon.com/sagemaker/latest/dg/autopilot-automate-model-development-container-output.html
    """
    actions = [
        *(sagemaker_actions.CreateHyperParameterTuningJob, sagemaker_actions.CreateProcessingJob),
        *(sagemaker_actions.CreateTrainingJob, sagemaker_actions.CreateTransformJob),
        *(sagemaker_actions.DescribeHyperParameterTuningJob, sagemaker_actions.DescribeProcessingJob),
        *(sagemaker_actions.DescribeTrainingJob, sagemaker_actions.DescribeTransformJob),
        *(sagemaker_actions.StopHyperParameterTuningJob, sagemaker_actions.StopProcessingJob),
        *(sagemaker_actions.StopTrainingJob, sagemaker_actions.StopTransformJob),
        *(sagemaker_actions.AddTags, sagemaker_actions.ListTags),
    ]
    return permissions.allow(actions, [arns.regional("sagemaker", f"{kind}/${{JobNames}}*") for kind in _CHILDREN])


def _serving() -> Statement:
    """The least that AWS documents for an Autopilot job's role, of which it names no resources (lesson 110).

    It serves candidates from endpoints of its own to explain them, whose names are not documented.
    https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-autopilot-perms
    """
    actions = [
        *(sagemaker_actions.CreateEndpoint, sagemaker_actions.CreateEndpointConfig, sagemaker_actions.CreateModel),
        *(sagemaker_actions.DeleteEndpoint, sagemaker_actions.DeleteEndpointConfig, sagemaker_actions.DeleteModel),
        *(sagemaker_actions.DescribeEndpoint, sagemaker_actions.DescribeEndpointConfig),
        *(sagemaker_actions.DescribeModel, sagemaker_actions.InvokeEndpoint),
        *(sagemaker_actions.AddTags, sagemaker_actions.ListTags),
    ]
    return permissions.allow(actions, [arns.regional("sagemaker", f"{kind}/*") for kind in _SERVING])


def passing_itself() -> iam.PolicyType:
    """The jobs of the job work under the same role; a role cannot name itself, so this is a resource of its own."""
    itself = permissions.pass_role(GetAtt(job_access.ROLE, "Arn"), "sagemaker.amazonaws.com")
    return iam.PolicyType(
        _PASSING_ITSELF,
        PolicyName="PassingItself",
        PolicyDocument=permissions.document(itself),
        Roles=[Ref(job_access.ROLE)],
    )


def request(built: Template) -> dict[str, Any]:
    """The request of compatibility 3.12 without the job's name; key and compression reach the job (lesson 3)."""
    key = if_provided(built, "KmsKeyArn", Ref("KmsKeyArn"))
    volume_key = if_provided(built, "VolumeKmsKeyArn", Ref("VolumeKmsKeyArn"))
    encrypt_traffic = If(is_true(built, "EncryptInnerTraffic"), True, False)
    definitions_only = If(is_true(built, "GenerateDefinitionsOnly"), True, False)
    objective = {"MetricName": Ref("AutopilotJobObjective")}
    return {
        "RoleArn": GetAtt(job_access.ROLE, "Arn"),
        "GenerateCandidateDefinitionsOnly": definitions_only,
        "InputDataConfig": [
            {
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": Sub("s3://${AssetsBucket}/${TrainingData}"),
                    }
                },
                "TargetAttributeName": Ref("TargetAttribute"),
                "CompressionType": if_provided(built, "CompressionType", Ref("CompressionType")),
            }
        ],
        "OutputDataConfig": {"S3OutputPath": Sub("s3://${AssetsBucket}/${JobOutputLocation}"), "KmsKeyId": key},
        "AutoMLJobConfig": {
            "CompletionCriteria": {
                "MaxCandidates": Number("AutopilotMaxCandidates"),
                "MaxRuntimePerTrainingJobInSeconds": Number("MaxRuntimePerJob"),
                "MaxAutoMLJobRuntimeInSeconds": Number("AutopilotTotalRuntime"),
            },
            "SecurityConfig": {
                "EnableInterContainerTrafficEncryption": encrypt_traffic,
                "VolumeKmsKeyId": volume_key,
                **network.vpc_of_job(built),
            },
        },
        "ProblemType": if_provided(built, "ProblemType", Ref("ProblemType")),
        "AutoMLJobObjective": if_provided(built, "AutopilotJobObjective", objective),
        "Tags": Json("Tags"),
    }


def job(built: Template) -> Job:
    """The job; another one when anything of the request changes (lesson 32)."""
    return Job(
        title=_JOB,
        kind="AutoMLJob",
        request=request(built),
        name=job_access.name(built),
        arns=job_access.jobs("automl-job"),
    )
