# SPDX-License-Identifier: Apache-2.0
"""Who does what between a request and a deployed model: three roles, each able to hand on only to the next.

The orchestrator starts a stack of a CodePipeline under `PipelineStackRole`; the pipeline works under `PipelineRole`;
what it deploys is made under `DeployRole`. All pipelines share them: a thousand pipelines need no thousand roles more.
"""

from __future__ import annotations

from collections.abc import Sequence

from awacs import cloudformation as cfn
from awacs import codepipeline as cp
from awacs import iam as iam_actions
from awacs import s3 as s3_actions
from awacs.aws import Statement
from troposphere import GetAtt, Sub, Template, iam

from generator import arns, permissions
from generator.deployment import Kind
from generator.root import storage

PIPELINE_STACK_ROLE = "PipelineStackRole"
PIPELINE_ROLE = "PipelineRole"
DEPLOY_ROLE = "DeployRole"

PIPELINES = arns.regional("codepipeline", f"{arns.PIPELINE_PREFIX}*")
STACKS = arns.regional("cloudformation", f"stack/{arns.PIPELINE_PREFIX}*/*")


def add_to(template: Template, kinds: Sequence[Kind], pipeline_statements: Sequence[Statement]) -> None:
    """Add the three roles; `kinds` are what blueprints deploy, the statements what only some pipelines do."""
    for role in (pipeline_stack_role(), pipeline_role(pipeline_statements), deploy_role(kinds)):
        template.add_resource(role)


def pipeline_stack_role() -> iam.Role:
    """CloudFormation makes and changes CodePipelines under it."""
    actions = [
        *(cp.CreatePipeline, cp.DeletePipeline, cp.GetPipeline, cp.GetPipelineState, cp.ListTagsForResource),
        *(cp.StartPipelineExecution, cp.TagResource, cp.UntagResource, cp.UpdatePipeline),
    ]
    pipeline_role = GetAtt(PIPELINE_ROLE, "Arn")
    return iam.Role(
        PIPELINE_STACK_ROLE,
        Description="CloudFormation makes the pipelines under this role",
        AssumeRolePolicyDocument=permissions.trusted_by("cloudformation.amazonaws.com"),
        Policies=[
            permissions.policy(
                "Pipelines",
                permissions.allow(actions, PIPELINES),
                permissions.allow([iam_actions.GetRole], pipeline_role),
                permissions.pass_role(pipeline_role, "codepipeline.amazonaws.com"),
            )
        ],
    )


def pipeline_role(statements: Sequence[Statement]) -> iam.Role:
    """CodePipeline reads packages, keeps artifacts and deploys stacks under it."""
    return iam.Role(
        PIPELINE_ROLE,
        Description="The pipelines work under this role",
        AssumeRolePolicyDocument=permissions.trusted_by("codepipeline.amazonaws.com"),
        Policies=[permissions.policy("Pipelines", *_artifacts(), *_stacks(), *statements)],
    )


def deploy_role(kinds: Sequence[Kind]) -> iam.Role:
    """CloudFormation makes the blueprints' resources under it: these kinds and no others (defect 58)."""
    return iam.Role(
        DEPLOY_ROLE,
        Description="CloudFormation makes the resources of the blueprints under this role",
        AssumeRolePolicyDocument=permissions.trusted_by("cloudformation.amazonaws.com"),
        Policies=[permissions.policy("Blueprints", *(statement for kind in kinds for statement in kind()))],
    )


def _artifacts() -> list[Statement]:
    # What CodePipeline's S3 source action asks of its role, and what every action does with artifacts.
    bucket = GetAtt(storage.PIPELINES, "Arn")
    on_objects = [
        *(s3_actions.GetObject, s3_actions.GetObjectTagging, s3_actions.GetObjectVersion),
        *(s3_actions.GetObjectVersionTagging, s3_actions.PutObject),
    ]
    on_bucket = [
        *(s3_actions.GetBucketAcl, s3_actions.GetBucketLocation, s3_actions.GetBucketVersioning),
        s3_actions.ListBucket,
    ]
    return [permissions.allow(on_objects, arns.objects_in(bucket)), permissions.allow(on_bucket, bucket)]


def _stacks() -> list[Statement]:
    actions = [cfn.CreateStack, cfn.DeleteStack, cfn.DescribeStackEvents, cfn.DescribeStacks, cfn.UpdateStack]
    return [
        permissions.allow(actions, STACKS),
        permissions.pass_role(GetAtt(DEPLOY_ROLE, "Arn"), "cloudformation.amazonaws.com"),
    ]


def orchestrator_stacks() -> Sub:
    """The stacks that the orchestrator itself makes: those of CodePipelines."""
    return arns.regional("cloudformation", f"stack/{arns.PIPELINE_PREFIX}*-codepipeline/*")
