# SPDX-License-Identifier: Apache-2.0
"""The pipeline that deploys one blueprint into its own account (compatibility 4.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from troposphere import Output, Ref, Sub, Template, codepipeline

from generator import parameters
from orchestrator.plan.codepipeline_parameters import SingleAccountPipelineParameters
from orchestrator.plan.stack_tags import PIPELINE_NAME_OUTPUT

SOURCE: Final = "Artifact_Source_S3Source"
PIPELINE: Final = "MLOpsPipeline"
_DESCRIPTION: Final = "MLOps Workload Orchestrator: a pipeline that deploys a blueprint into this account."


def template() -> Template:
    """The template."""
    built = Template(Description=_DESCRIPTION)
    parameters.declare(built, SingleAccountPipelineParameters)
    deployment = codepipeline.Stages(Name="DeployPipeline", Actions=[deploy_action()])
    built.add_resource(pipeline([source_stage(), deployment]))
    add_outputs(built)
    return built


def add_outputs(built: Template) -> None:
    """Add the outputs that the orchestrator reads from a pipeline stack."""
    built.add_output(Output(PIPELINE_NAME_OUTPUT, Description="Name of the pipeline", Value=Ref(PIPELINE)))


def pipeline(stages: Sequence[codepipeline.Stages]) -> codepipeline.Pipeline:
    """The pipeline. It starts when it is created or changed, and otherwise on request."""
    return codepipeline.Pipeline(
        PIPELINE,
        PipelineType="V2",
        ExecutionMode="SUPERSEDED",
        RestartExecutionOnUpdate=True,
        RoleArn=Ref("PipelineRoleArn"),
        ArtifactStore=codepipeline.ArtifactStore(Type="S3", Location=Ref("PipelinesBucket")),
        Stages=list(stages),
    )


def source_stage(
    bucket: str = "PipelinesBucket", key: str = "TemplateZipFileName", artifact: str | Ref = SOURCE
) -> codepipeline.Stages:
    """The object that two parameters name, by default the packaged template. Nothing polls: who uploads starts it."""
    action = codepipeline.Actions(
        Name="S3Source",
        RunOrder=1,
        ActionTypeId=codepipeline.ActionTypeId(Category="Source", Owner="AWS", Provider="S3", Version="1"),
        Configuration={
            "S3Bucket": Ref(bucket),
            "S3ObjectKey": Ref(key),
            "PollForSourceChanges": "false",
        },
        OutputArtifacts=[codepipeline.OutputArtifacts(Name=artifact)],
    )
    return codepipeline.Stages(Name="Source", Actions=[action])


def deploy_action() -> codepipeline.Actions:
    """Create the stack, or update it. It never deletes one: that may be a live endpoint's (lesson 125).

    https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CloudFormation.html
    """
    return codepipeline.Actions(
        Name="deploy_stack",
        Namespace="deploy_stack-namespace",
        RunOrder=1,
        ActionTypeId=codepipeline.ActionTypeId(Category="Deploy", Owner="AWS", Provider="CloudFormation", Version="1"),
        Configuration={
            "ActionMode": "CREATE_UPDATE",
            "StackName": Ref("StackName"),
            "Capabilities": "CAPABILITY_NAMED_IAM",
            "RoleArn": Ref("DeployRoleArn"),
            "TemplatePath": Sub(f"{SOURCE}::${{TemplateFileName}}"),
            "TemplateConfiguration": Sub(f"{SOURCE}::${{TemplateParamsName}}"),
        },
        InputArtifacts=[codepipeline.InputArtifacts(Name=SOURCE)],
    )
