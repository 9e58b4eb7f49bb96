# SPDX-License-Identifier: Apache-2.0
"""The pipeline that builds a container image whenever its source changes (compatibility 6).

The build is the one thing of a pipeline that has a role of its own: it may write to one repository, and no other build
may. Everything else works under the roles of the root stack.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from awacs import ecr, kms, s3, secretsmanager
from awacs.aws import Condition, Statement
from troposphere import GetAtt, Output, Ref, Sub, Template, codebuild, codepipeline, events, iam

from generator import arns, parameters, permissions
from generator.conditions import if_provided
from generator.pipelines.single_account_codepipeline import PIPELINE, add_outputs, pipeline, source_stage
from generator.resources import functions
from orchestrator.pipeline_types.built_in.image_builder import ImageBuilderParameters

_DESCRIPTION: Final = "MLOps Workload Orchestrator: a pipeline that builds a container image."
_BUILD_SPEC: Final = Path(__file__).with_name("image_builder_buildspec.yaml")
_PROJECT: Final = "ImageBuild"
_ROLE: Final = "ImageBuildRole"
_LOGS: Final = "ImageBuildLogs"
_ARTIFACT: Final = "SourceArtifact"
_SECRET: Final = "RegistryCredentialsSecretArn"  # noqa: S105  the name of a parameter
# The newest of https://docs.aws.amazon.com/codebuild/latest/userguide/ec2-compute-images.html
_IMAGE: Final = "aws/codebuild/standard:8.0"
_IMAGE_URI: Final = "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/${ECRRepoName}:${ImageTag}"


def template() -> Template:
    """The template."""
    built = Template(Description=_DESCRIPTION)
    parameters.declare(built, ImageBuilderParameters)
    stages = [
        source_stage("AssetsBucket", "CustomImage", Ref(_ARTIFACT)),
        codepipeline.Stages(Name="Build", Actions=[build_action()]),
    ]
    for resource in (
        functions.expiring_log_group(_LOGS, functions.operator_key(built)),
        build_role(built),
        project(built),
        pipeline(stages),
        source_rule(),
    ):
        built.add_resource(resource)
    add_outputs(built)
    uri = Output("CustomAlgorithmImageURI", Description="URI of the image, for custom_image_uri", Value=Sub(_IMAGE_URI))
    built.add_output(uri)
    return built


def build_action() -> codepipeline.Actions:
    """The build. It does not read the digest: that is here so that another request makes the pipeline run again."""
    return codepipeline.Actions(
        Name="CodeBuild",
        RunOrder=1,
        ActionTypeId=codepipeline.ActionTypeId(Category="Build", Owner="AWS", Provider="CodeBuild", Version="1"),
        Configuration={
            "ProjectName": Ref(_PROJECT),
            "EnvironmentVariables": Sub('[{"name":"REQUEST_DIGEST","value":"${RequestDigest}","type":"PLAINTEXT"}]'),
        },
        InputArtifacts=[codepipeline.InputArtifacts(Name=Ref(_ARTIFACT))],
    )


def project(built: Template) -> codebuild.Project:
    """The build project, named after the stack: CloudFormation's own name for it would not show its owner."""
    return codebuild.Project(
        _PROJECT,
        Name=Ref("AWS::StackName"),
        Description="Builds a container image",
        ServiceRole=GetAtt(_ROLE, "Arn"),
        Artifacts=codebuild.Artifacts(Type="CODEPIPELINE"),
        Source=codebuild.Source(Type="CODEPIPELINE", BuildSpec=_BUILD_SPEC.read_text(encoding="utf-8")),
        Environment=codebuild.Environment(
            Type="LINUX_CONTAINER",
            ComputeType="BUILD_GENERAL1_SMALL",
            Image=_IMAGE,
            # Docker's daemon runs inside the build's container, which CodeBuild allows to privileged ones only.
            PrivilegedMode=True,
            EnvironmentVariables=variables(built),
        ),
        LogsConfig=codebuild.LogsConfig(
            CloudWatchLogs=codebuild.CloudWatchLogs(Status="ENABLED", GroupName=Ref(_LOGS))
        ),
    )


def variables(built: Template) -> list[codebuild.EnvironmentVariable | dict[str, Any]]:
    """Variables that the build spec expands. CodeBuild fetches the values of the secret and hides them in the log."""
    plain = {
        "IMAGE_URI": Sub(_IMAGE_URI),
        "IMAGE_REPO_NAME": Ref("ECRRepoName"),
        "IMAGE_TAG": Ref("ImageTag"),
        "BUILD_ARGUMENTS": Ref("BuildArguments"),
    }
    secret = {"DOCKER_HUB_USERNAME": "username", "DOCKER_HUB_PASSWORD": "password"}
    # troposphere takes an If for all variables, and for one of them only as a dictionary.
    return [
        *(_variable(name, "PLAINTEXT", value) for name, value in plain.items()),
        *(
            if_provided(built, _SECRET, _variable(name, "SECRETS_MANAGER", Sub(f"${{{_SECRET}}}:{key}"))).to_dict()
            for name, key in secret.items()
        ),
    ]


def _variable(name: str, type_: str, value: Any) -> codebuild.EnvironmentVariable:
    return codebuild.EnvironmentVariable(Name=name, Type=type_, Value=value)


def build_role(built: Template) -> iam.Role:
    """Role of the build: reads its source and secret, writes its log, pushes to its repository."""
    repository = arns.regional("ecr", "repository/${ECRRepoName}")
    statements = [
        permissions.write_own_log(GetAtt(_LOGS, "Arn")),
        *_read_source(),
        permissions.log_in_to_registry(),
        permissions.pull_images(repository),
        permissions.allow(
            [ecr.CompleteLayerUpload, ecr.InitiateLayerUpload, ecr.PutImage, ecr.UploadLayerPart], repository
        ),
    ]
    credentials = permissions.policy("RegistryCredentials", *_read_secret())
    return iam.Role(
        _ROLE,
        Description="Builds one image under this role",
        AssumeRolePolicyDocument=permissions.trusted_by(
            "codebuild.amazonaws.com",
            permissions.for_resources(arns.regional("codebuild", "project/${AWS::StackName}")),
        ),
        Policies=[permissions.policy("Build", *statements), if_provided(built, _SECRET, credentials)],
    )


def _read_source() -> list[Statement]:
    """The artifacts of this pipeline alone: builds of other images, and packages of other pipelines, stay out of reach.

    CodePipeline stores an artifact under the first 20 characters of the pipeline's name, which other pipelines may
    share, and the first 10 of the artifact's name, which no other image has.
    """
    bucket = arns.s3("${PipelinesBucket}")
    artifacts = arns.s3(f"${{PipelinesBucket}}/{arns.PIPELINE_PREFIX}*/${{{_ARTIFACT}}}/*")
    return [
        permissions.allow([s3.GetObject, s3.GetObjectVersion], artifacts),
        permissions.allow([s3.GetBucketAcl, s3.GetBucketLocation], bucket),
    ]


def _read_secret() -> list[Statement]:
    """The secret, and whichever key of this account encrypts it."""
    through = Condition(permissions.through("secretsmanager"))
    return [
        permissions.allow([secretsmanager.GetSecretValue], Ref(_SECRET)),
        permissions.allow([kms.Decrypt], arns.regional("kms", "key/*"), through),
    ]


def source_rule() -> events.Rule:
    """Rule that starts the pipeline when exactly this object has another version."""
    return events.Rule(
        "SourceChangedRule",
        Description="Starts the build when its source is uploaded",
        EventPattern={
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {"bucket": {"name": [Ref("AssetsBucket")]}, "object": {"key": [Ref("CustomImage")]}},
        },
        Targets=[
            events.Target(
                Id="Pipeline",
                Arn=arns.regional("codepipeline", f"${{{PIPELINE}}}"),
                RoleArn=Ref("PipelineStartRoleArn"),
            )
        ],
    )
