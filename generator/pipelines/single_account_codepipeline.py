# SPDX-License-Identifier: Apache-2.0
"""The pipeline that deploys one blueprint into its own account (contract 4.2)."""

from __future__ import annotations

from troposphere import Output, Ref, Sub, Template, codepipeline

from generator import parameters
from orchestrator.codepipeline_parameters import SingleAccountPipelineParameters
from orchestrator.provisioner import PIPELINE_NAME_OUTPUT

_SOURCE = "Artifact_Source_S3Source"
_DESCRIPTION = "MLOps Workload Orchestrator: a pipeline that deploys a blueprint into this account."


def template() -> Template:
    """The template."""
    built = Template(Description=_DESCRIPTION)
    parameters.declare(built, SingleAccountPipelineParameters)
    built.add_resource(pipeline())
    built.add_output(Output(PIPELINE_NAME_OUTPUT, Description="Name of the pipeline", Value=Ref("MLOpsPipeline")))
    return built


def pipeline() -> codepipeline.Pipeline:
    """Source, then the stack. It starts itself when it is made or changed, and otherwise when it is told to."""
    return codepipeline.Pipeline(
        "MLOpsPipeline",
        PipelineType="V2",
        ExecutionMode="SUPERSEDED",
        RestartExecutionOnUpdate=True,
        RoleArn=Ref("PipelineRoleArn"),
        ArtifactStore=codepipeline.ArtifactStore(Type="S3", Location=Ref("PipelinesBucket")),
        Stages=[
            codepipeline.Stages(Name="Source", Actions=[source_action()]),
            codepipeline.Stages(Name="DeployPipeline", Actions=[deploy_action()]),
        ],
    )


def source_action() -> codepipeline.Actions:
    """The packaged template. Nothing polls: the orchestrator starts the pipeline after an upload."""
    return codepipeline.Actions(
        Name="S3Source",
        RunOrder=1,
        ActionTypeId=codepipeline.ActionTypeId(Category="Source", Owner="AWS", Provider="S3", Version="1"),
        Configuration={
            "S3Bucket": Ref("PipelinesBucket"),
            "S3ObjectKey": Ref("TemplateZipFileName"),
            "PollForSourceChanges": "false",
        },
        OutputArtifacts=[codepipeline.OutputArtifacts(Name=_SOURCE)],
    )


def deploy_action() -> codepipeline.Actions:
    """Create the stack, update it, or replace one whose creation failed."""
    return codepipeline.Actions(
        Name="deploy_stack",
        Namespace="deploy_stack-namespace",
        RunOrder=1,
        ActionTypeId=codepipeline.ActionTypeId(Category="Deploy", Owner="AWS", Provider="CloudFormation", Version="1"),
        Configuration={
            "ActionMode": "REPLACE_ON_FAILURE",
            "StackName": Ref("StackName"),
            "Capabilities": "CAPABILITY_NAMED_IAM",
            "RoleArn": Ref("DeployRoleArn"),
            "TemplatePath": Sub(f"{_SOURCE}::${{TemplateFileName}}"),
            "TemplateConfiguration": Sub(f"{_SOURCE}::${{TemplateParamsName}}"),
        },
        InputArtifacts=[codepipeline.InputArtifacts(Name=_SOURCE)],
    )
