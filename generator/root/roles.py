# SPDX-License-Identifier: Apache-2.0
"""Roles between a request and a deployed model: a chain, in which each may pass only the next.

The orchestrator starts a stack of a CodePipeline under `PipelineStackRole`; the pipeline works under `PipelineRole`;
what it deploys is made under `DeployRole`. EventBridge starts the pipelines that watch a source of their own under
`PipelineStartRole`. All pipelines share them: a thousand pipelines need no thousand roles more. Only an image builder
makes a role: for its build, which may write to one repository and read one secret.
"""

from __future__ import annotations

from collections.abc import Sequence

from awacs import cloudformation as cfn
from awacs import codebuild
from awacs import codepipeline as cp
from awacs import events as events_actions
from awacs import iam as iam_actions
from awacs import kms as kms_actions
from awacs import s3 as s3_actions
from awacs.aws import Action, Allow, Condition, Deny, Principal, Statement
from troposphere import GetAtt, Ref, Sub, Template, iam
from troposphere.iam import Policy

from generator import arns, conditions, deployment, iam_roles, names, permissions
from generator.deployment import Kind
from generator.root import reach
from generator.root.data import encryption, storage
from orchestrator.pipeline_types.built_in.image_builder import ImageBuilder
from orchestrator.pipeline_types.packaged import PackagedPipeline

PIPELINE_STACK_ROLE = "PipelineStackRole"
PIPELINE_ROLE = "PipelineRole"
DEPLOY_ROLE = "DeployRole"
PIPELINE_START_ROLE = "PipelineStartRole"
API = "Api"

PIPELINES = arns.regional("codepipeline", f"{arns.PIPELINE_PREFIX}*")
BUILDS = arns.regional("codebuild", f"project/{arns.PIPELINE_PREFIX}*")
_READ_SOURCE = [
    *(s3_actions.GetObject, s3_actions.GetObjectTagging, s3_actions.GetObjectVersion),
    s3_actions.GetObjectVersionTagging,
]
_LOOK_AT_BUCKET = [s3_actions.GetBucketAcl, s3_actions.GetBucketLocation, s3_actions.GetBucketVersioning]
"""Actions that CodePipeline's S3 source action needs on the object and on its bucket (lesson 112).

https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-S3.html
"""
_HAVE_PIPELINES = (PackagedPipeline, ImageBuilder)
"""Every pipeline type is one of these. Looking at each type would import all of them."""
STACKS = arns.regional("cloudformation", f"stack/{arns.PIPELINE_PREFIX}*/*")


def add_to(template: Template, kinds: Sequence[Kind], pipeline_statements: Sequence[Statement]) -> None:
    """Add the roles; `kinds` are what blueprints deploy, the statements what only some pipelines do."""
    working = pipeline_role(template, pipeline_statements)
    for role in (pipeline_stack_role(), working, deploy_role(template, kinds), pipeline_start_role()):
        template.add_resource(role)


def read_code() -> Statement:
    """Read the functions that lie beside packages: Lambda reads code in the name of whoever makes the function.

    A statement of the bucket's policy, because the deploying role's own nearly fills what IAM takes.
    """
    return Statement(
        Sid="ReadCode",
        Effect=Allow,
        Principal=Principal("AWS", [GetAtt(DEPLOY_ROLE, "Arn")]),
        Action=[s3_actions.GetObject],
        Resource=[arns.objects_in(GetAtt(storage.PIPELINES, "Arn"), storage.FUNCTIONS)],
    )


def pipeline_stack_role() -> iam.Role:
    """CloudFormation makes and changes CodePipelines under it, and what an image builder has beside its pipeline."""
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
            ),
            permissions.policy("ImageBuilders", *_builds(), *_watching()),
        ],
    )


def _builds() -> list[Statement]:
    """CodeBuild projects (lesson 34: also when they change), each with its log and role."""
    actions = [codebuild.BatchGetProjects, codebuild.CreateProject, codebuild.DeleteProject, codebuild.UpdateProject]
    return [
        permissions.allow(actions, BUILDS),
        *deployment.log_groups(),
        *deployment.roles_for("codebuild.amazonaws.com"),
    ]


def _watching() -> list[Statement]:
    """Rules that start a pipeline when its source has changed."""
    actions = [
        *(events_actions.DeleteRule, events_actions.DescribeRule, events_actions.ListTagsForResource),
        *(events_actions.ListTargetsByRule, events_actions.PutRule, events_actions.PutTargets),
        *(events_actions.RemoveTargets, events_actions.TagResource, events_actions.UntagResource),
    ]
    return [
        permissions.allow(actions, arns.regional("events", f"rule/{arns.PIPELINE_PREFIX}*")),
        permissions.pass_role(GetAtt(PIPELINE_START_ROLE, "Arn"), "events.amazonaws.com"),
    ]


def pipeline_start_role() -> iam.Role:
    """EventBridge starts pipelines under it, and does nothing else."""
    return iam.Role(
        PIPELINE_START_ROLE,
        Description="EventBridge starts pipelines whose source has changed under this role",
        AssumeRolePolicyDocument=permissions.trusted_by(
            "events.amazonaws.com", permissions.for_resources(arns.regional("events", f"rule/{arns.PIPELINE_PREFIX}*"))
        ),
        Policies=[permissions.policy("Pipelines", permissions.allow([cp.StartPipelineExecution], PIPELINES))],
    )


def pipeline_role(template: Template, statements: Sequence[Statement]) -> iam.Role:
    """CodePipeline reads packages and sources, keeps artifacts, deploys stacks and builds images under it."""
    return iam.Role(
        PIPELINE_ROLE,
        Description="The pipelines work under this role",
        AssumeRolePolicyDocument=permissions.trusted_by("codepipeline.amazonaws.com"),
        Policies=[
            permissions.policy("Pipelines", *_artifacts(), *_sources(), *_stacks(), *statements),
            conditions.if_provided(template, "ExistingS3Bucket", _decrypt_sources()),
        ],
    )


def deploy_role(template: Template, kinds: Sequence[Kind]) -> iam.Role:
    """CloudFormation makes the blueprints' resources under it: these kinds and no others (lesson 58).

    What blueprints of the operator's own need is the operator's policy.
    """
    given = "CustomBlueprintPolicyArn"
    return iam.Role(
        DEPLOY_ROLE,
        Description="CloudFormation makes the resources of the blueprints under this role",
        AssumeRolePolicyDocument=permissions.trusted_by("cloudformation.amazonaws.com"),
        ManagedPolicyArns=[conditions.if_provided(template, given, Ref(given)), reach.attached_policy()],
        Policies=[
            permissions.policy(
                "Blueprints", *(statement for kind in kinds for statement in kind()), _environments(), _not_this_api()
            )
        ],
    )


def _not_this_api() -> Statement:
    """ARNs of APIs contain no names: without this, a blueprint could open the API of the solution itself."""
    own = f"arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}::/restapis/${{{API}}}"
    return Statement(Effect=Deny, Action=[Action("apigateway", "*")], Resource=[Sub(own), Sub(f"{own}/*")])


def _environments() -> Statement:
    """Lambda encrypts functions' environments in the name of whoever makes the functions.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
    """
    return permissions.use_key_through("lambda", encryption.key_arn())


def _artifacts() -> list[Statement]:
    """Permissions of CodePipeline's S3 source action, and of every action on artifacts.

    Artifacts are in a folder whose name is the pipeline's, or begins it. Pipelines may not write types and markers.
    https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ArtifactStore.html
    """
    bucket = GetAtt(storage.PIPELINES, "Arn")
    artifacts = arns.objects_in(bucket, f"{arns.PIPELINE_PREFIX}*")
    return [
        permissions.allow(_READ_SOURCE, [artifacts, arns.objects_in(bucket, storage.PACKAGES)]),
        permissions.allow([s3_actions.PutObject], artifacts),
        permissions.allow([*_LOOK_AT_BUCKET, s3_actions.ListBucket], bucket),
    ]


def _sources() -> list[Statement]:
    """Sources of images in the assets bucket, and their builds."""
    name = storage.assets_bucket_name()
    objects, bucket = arns.s3("${Bucket}/*", Bucket=name), arns.s3("${Bucket}", Bucket=name)
    return [
        permissions.allow(_READ_SOURCE, objects),
        permissions.allow(_LOOK_AT_BUCKET, bucket),
        permissions.allow([codebuild.BatchGetBuilds, codebuild.StartBuild], BUILDS),
    ]


def _decrypt_sources() -> Policy:
    """Permit decryption through S3: an existing bucket may have a key that no parameter names (lesson 111)."""
    keys = Sub("arn:${AWS::Partition}:kms:${AWS::Region}:*:key/*")
    return permissions.policy(
        "Sources", permissions.allow([kms_actions.Decrypt], keys, Condition(permissions.through("s3")))
    )


def _stacks() -> list[Statement]:
    actions = [
        *(cfn.CreateStack, cfn.DeleteStack, cfn.DescribeStackEvents, cfn.DescribeStacks, cfn.TagResource),
        *(cfn.UntagResource, cfn.UpdateStack),
    ]
    return [
        permissions.allow(actions, STACKS),
        permissions.pass_role(GetAtt(DEPLOY_ROLE, "Arn"), "cloudformation.amazonaws.com"),
    ]


def of_pipelines() -> list[dict[str, Sub]]:
    """Event pattern that matches the ARNs of roles that pipelines create, here and in the stages.

    CloudFormation names roles after their stacks, StackSets theirs.
    """
    return [{"wildcard": Sub(f"arn:*:role${{{iam_roles.PATH}}}{prefix}*")} for prefix in names.ROLE_PREFIXES]


def orchestrator_stacks() -> list[Sub]:
    """The stacks that the orchestrator itself makes: those of CodePipelines."""
    patterns = {kind.pipeline_stacks for kind in _HAVE_PIPELINES}
    return [arns.regional("cloudformation", f"stack/{pattern}/*") for pattern in sorted(patterns)]
