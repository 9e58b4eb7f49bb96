# SPDX-License-Identifier: Apache-2.0
"""The stage deployer: one function that deploys every pipeline's stages by StackSets (compatibility 4.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from awacs import awslambda as awslambda_actions
from awacs import cloudformation as cfn
from awacs import codepipeline as cp
from awacs import kms as kms_actions
from awacs import organizations
from awacs import s3 as s3_actions
from awacs import sns as sns_actions
from awacs.aws import Action, Condition, Statement, StringEqualsIfExists, StringLike
from troposphere import Equals, GetAtt, If, NoValue, Ref, Sub, Template, awslambda, events
from troposphere.iam import Policy

from generator import arns, permissions
from generator.resources import functions
from generator.root import network, orchestrator
from generator.root.data import encryption, storage
from generator.root.events import jobs, pipeline_ends
from generator.root.observability import notifications
from orchestrator.events.pipelines.ends import ACTION_EVENT
from orchestrator.plan import layout
from orchestrator.values.per_stage import STAGES

FUNCTION: Final = "StageDeployer"
_DELEGATED: Final = "UseDelegatedAdmin"
_MEMORY_MB: Final = 512
_TIMEOUT_SECONDS: Final = 120


def add_to(template: Template) -> None:
    """Add the function with its log and role."""
    template.add_condition(_DELEGATED, Equals(Ref("DelegatedAdminAccount"), "Yes"))
    template.add_resource(functions.log_group(FUNCTION, encryption.key_arn()))
    template.add_resource(
        functions.role(
            FUNCTION,
            statements(),
            If(_DELEGATED, delegated(), NoValue),
            ManagedPolicyArns=network.attached_policies(template),
        )
    )
    template.add_resource(function(template))
    template.add_resource(ended_rule())


def function(template: Template) -> awslambda.Function:
    """The stage deployer, which answers the jobs of the pipelines' deploy actions."""
    return functions.function(
        template,
        FUNCTION,
        Description="Deploys the stages of multi-account pipelines",
        Handler="orchestrator.stages.handler",
        Code=orchestrator.code(),
        MemorySize=_MEMORY_MB,
        Timeout=_TIMEOUT_SECONDS,
        KmsKeyArn=encryption.key_arn(),
        # No dead letters: a job holds credentials of CodePipeline, and cannot be answered later.
        Environment=awslambda.Environment(Variables={**call_as(), **orchestrator.log_settings()}),
    )


def call_as() -> dict[str, Any]:
    """`CallAs` value for StackSets calls, as an environment variable of functions."""
    return {"CALL_AS": If(_DELEGATED, "DELEGATED_ADMIN", "SELF")}


def ended_rule() -> events.Rule:
    """Rule for stages that were deployed or failed (compatibility 1.7), with the permission of the rules for jobs."""
    return events.Rule(
        "StageEndedRule",
        Name=jobs.named("stages"),
        Description="Tells the orchestrator that a stage was deployed or failed",
        EventPattern=pipeline_ends.pattern(
            ACTION_EVENT,
            action=[f"Deploy{stage.capitalize()}StackSet" for stage in STAGES],
            state=["SUCCEEDED", "FAILED"],
        ),
        Targets=[orchestrator.to_function()],
    )


def statements() -> list[Statement]:
    """Deploy a stage, on the StackSets of pipelines alone."""
    return [
        *_on_stack_sets(_SET_ACTIONS, _TARGET_ACTIONS),
        # The token of a job is what limits these: CodePipeline knows no resource for them.
        permissions.allow([cp.PutJobFailureResult, cp.PutJobSuccessResult], "*"),
        # CloudFormation reads a template that a request cannot hold in the name of who asks.
        permissions.allow(
            [s3_actions.GetObject],
            arns.objects_in(GetAtt(storage.PIPELINES, "Arn"), f"{layout.folder('*')}{layout.TEMPLATES}*"),
        ),
        *_figures(),
    ]


def _figures() -> list[Statement]:
    """Read what smoke tests have found, which the approval of the next stage tells."""
    pipelines, figures = GetAtt(storage.PIPELINES, "Arn"), layout.smoke_figures("*")
    return [
        permissions.allow([s3_actions.GetObject], arns.objects_in(pipelines, f"{figures}*")),
        permissions.allow([s3_actions.ListBucket], pipelines, Condition(StringLike("s3:prefix", [figures]))),
    ]


def removal_statements() -> list[Statement]:
    """Describe and delete the StackSets of pipelines."""
    actions = [cfn.DeleteStackSet, cfn.ListStackInstances, cfn.ListStackSetOperations]
    return _on_stack_sets(actions, [cfn.DeleteStackInstances])


def decision_statements() -> list[Statement]:
    """Read what a stage has and what an approval would deploy, which may be of an older package than the newest."""
    packages = arns.objects_in(GetAtt(storage.PIPELINES, "Arn"), layout.package("*"))
    return [
        *_on_stack_sets([cfn.DescribeStackSet]),
        permissions.allow([s3_actions.GetObjectVersion], packages),
    ]


def removal_policies() -> list[Any]:
    """Policies for that which only a delegated administrator needs."""
    return [If(_DELEGATED, delegated(), NoValue)]


def ended_operations() -> dict[str, Any]:
    """Events of operations on stack sets of pipelines, whatever account the sets belong to."""
    sets = Sub(f"arn:${{AWS::Partition}}:cloudformation:${{AWS::Region}}:*:stackset/{arns.PIPELINE_PREFIX}*")
    return {
        "detail-type": ["CloudFormation StackSet Operation Status Change"],
        "detail": {
            "stack-set-arn": [{"wildcard": sets}],
            "status-details": {"status": ["FAILED", "STOPPED", "SUCCEEDED"]},
        },
    }


def _on_stack_sets(actions: Sequence[Action], on_targets: Sequence[Action] = ()) -> list[Statement]:
    # A delegated administrator's stack sets belong to the management account, whose id no parameter has: the
    # organization is the limit then.
    variables = {"Account": If(_DELEGATED, "*", Ref("AWS::AccountId"))}
    own = Condition(StringEqualsIfExists("aws:ResourceOrgID", "${aws:PrincipalOrgID}"))
    service = "arn:${AWS::Partition}:cloudformation"
    sets = Sub(f"{service}:${{AWS::Region}}:${{Account}}:stackset/{arns.PIPELINE_PREFIX}*:*", variables)
    targets = Sub(f"{service}:*:${{Account}}:stackset-target/{arns.PIPELINE_PREFIX}*", variables)
    types = Sub(f"{service}:*::type/resource/*")
    further = [permissions.allow(on_targets, [sets, targets, types], own)] if on_targets else []
    return [permissions.allow(actions, sets, own), *further]


def pipeline_statements() -> list[Statement]:
    """Hand jobs to the stage deployer and ask for approvals."""
    return [
        permissions.allow([awslambda_actions.InvokeFunction], GetAtt(FUNCTION, "Arn")),
        permissions.allow([sns_actions.Publish], Ref(notifications.TOPIC)),
        permissions.allow([kms_actions.Decrypt, kms_actions.GenerateDataKey], encryption.key_arn()),
    ]


def delegated() -> Policy:
    """List delegated administrators: CloudFormation does so to check that this account is one."""
    return permissions.policy("Delegated", permissions.allow([organizations.ListDelegatedAdministrators], "*"))


_SET_ACTIONS: Final = [
    *(cfn.DescribeStackSet, cfn.DescribeStackSetOperation, cfn.ListStackInstances),
    *(cfn.ListStackSetOperationResults, cfn.ListStackSetOperations),
]
_TARGET_ACTIONS: Final = [
    *(cfn.CreateStackInstances, cfn.CreateStackSet, cfn.TagResource, cfn.UntagResource, cfn.UpdateStackSet),
]
