# SPDX-License-Identifier: Apache-2.0
"""The stage deployer: one function that deploys every pipeline's stages by StackSets (design section 6)."""

from __future__ import annotations

from typing import Final

from awacs import awslambda as awslambda_actions
from awacs import cloudformation as cfn
from awacs import codepipeline as cp
from awacs import kms as kms_actions
from awacs import organizations
from awacs import sns as sns_actions
from awacs.aws import Condition, Statement, StringEqualsIfExists
from troposphere import Equals, GetAtt, If, NoValue, Ref, Sub, Template, awslambda, events
from troposphere.iam import Policy

from generator import arns, functions, permissions
from generator.root import encryption, notifications, orchestrator
from orchestrator.per_stage import STAGES

FUNCTION: Final = "StageDeployer"
_DELEGATED: Final = "UseDelegatedAdmin"
_STAGE_MESSAGE: Final = (
    "<stage> action <action> in the Pipeline <pipeline> finished executing. Action execution result is <state>"
)
_MEMORY_MB: Final = 512
_TIMEOUT_SECONDS: Final = 120


def add_to(template: Template) -> None:
    """Add the function with its log and role."""
    template.add_condition(_DELEGATED, Equals(Ref("DelegatedAdminAccount"), "Yes"))
    template.add_resource(functions.log_group(FUNCTION, KmsKeyId=encryption.key_arn()))
    template.add_resource(functions.role(FUNCTION, statements(), If(_DELEGATED, delegated(), NoValue)))
    template.add_resource(function())
    template.add_resource(ended_rule())


def function() -> awslambda.Function:
    """Answers the jobs of the pipelines' deploy actions."""
    return functions.function(
        FUNCTION,
        Description="Deploys the stages of multi-account pipelines",
        Handler="orchestrator.stages.handler",
        Code=orchestrator.code(),
        MemorySize=_MEMORY_MB,
        Timeout=_TIMEOUT_SECONDS,
        KmsKeyArn=encryption.key_arn(),
        Environment=awslambda.Environment(
            Variables={"CALL_AS": If(_DELEGATED, "DELEGATED_ADMIN", "SELF"), "POWERTOOLS_LOG_LEVEL": "INFO"}
        ),
    )


def ended_rule() -> events.Rule:
    """One message whenever a stage has been deployed, or has not (contract 1.7)."""
    return events.Rule(
        "StageEndedRule",
        Description="Tells the subscribers that a stage was deployed or failed",
        EventPattern={
            "source": ["aws.codepipeline"],
            "detail-type": ["CodePipeline Action Execution State Change"],
            "detail": {
                "pipeline": [{"prefix": arns.PIPELINE_PREFIX}],
                "action": [f"Deploy{stage.capitalize()}StackSet" for stage in STAGES],
                "state": ["SUCCEEDED", "FAILED"],
            },
        },
        Targets=[notifications.to_topic(_STAGE_MESSAGE, "stage", "action", "pipeline", "state")],
    )


def statements() -> list[Statement]:
    """What a deployment of a stage needs, on the stack sets of pipelines alone."""
    # A delegated administrator's stack sets belong to the management account, whose id nobody has told us: the
    # organization is what limits it then.
    variables = {"Account": If(_DELEGATED, "*", Ref("AWS::AccountId"))}
    own = Condition(StringEqualsIfExists("aws:ResourceOrgID", "${aws:PrincipalOrgID}"))
    service = "arn:${AWS::Partition}:cloudformation"
    sets = Sub(f"{service}:${{AWS::Region}}:${{Account}}:stackset/{arns.PIPELINE_PREFIX}*:*", variables)
    targets = Sub(f"{service}:*:${{Account}}:stackset-target/{arns.PIPELINE_PREFIX}*", variables)
    types = Sub(f"{service}:*::type/resource/*")
    return [
        permissions.allow(_SET_ACTIONS, sets, own),
        permissions.allow(_TARGET_ACTIONS, [sets, targets, types], own),
        # The token of a job is what limits these: CodePipeline knows no resource for them.
        permissions.allow([cp.PutJobFailureResult, cp.PutJobSuccessResult], "*"),
    ]


def pipeline_statements() -> list[Statement]:
    """What pipelines with stages do beside reading their source: hand jobs to the function, ask for approvals."""
    return [
        permissions.allow([awslambda_actions.InvokeFunction], GetAtt(FUNCTION, "Arn")),
        permissions.allow([sns_actions.Publish], Ref(notifications.TOPIC)),
        permissions.allow([kms_actions.Decrypt, kms_actions.GenerateDataKey], encryption.key_arn()),
    ]


def delegated() -> Policy:
    """CloudFormation checks that this account is a delegated administrator; that is a listing."""
    return permissions.policy("Delegated", permissions.allow([organizations.ListDelegatedAdministrators], "*"))


_SET_ACTIONS: Final = [
    *(cfn.DescribeStackSet, cfn.DescribeStackSetOperation, cfn.ListStackInstances),
    *(cfn.ListStackSetOperationResults, cfn.ListStackSetOperations),
]
_TARGET_ACTIONS: Final = [cfn.CreateStackInstances, cfn.CreateStackSet, cfn.UpdateStackSet]
