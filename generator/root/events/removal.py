# SPDX-License-Identifier: Apache-2.0
"""Permissions to list, describe and delete pipelines, and the rule for the events that carry a deletion on.

A stack is deleted under the role that it was created with, so no role is passed.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from awacs import cloudformation as cfn
from awacs import codepipeline as cp
from awacs import s3 as s3_actions
from awacs.aws import Action, Statement
from troposphere import GetAtt, Sub, Template, events

from generator import arns, permissions
from generator.root import orchestrator, roles
from generator.root.data import storage
from generator.root.events import jobs
from orchestrator.plan import layout
from orchestrator.sagemaker import job_kinds

_DELETIONS: Final = f"{layout.DELETING}*"
# All ends but a good creation: after each, a stack can be deleted that could not be while CloudFormation worked on it.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
_ENDS: Final = [
    *("CREATE_FAILED", "DELETE_COMPLETE", "DELETE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"),
    *("UPDATE_COMPLETE", "UPDATE_FAILED", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"),
]


def add_to(template: Template, others: Sequence[dict[str, Any]]) -> None:
    """Add the rule, which also matches the other events; the permission of the rules for jobs is for it, too."""
    template.add_resource(rule(others))


def rule(others: Sequence[dict[str, Any]]) -> events.Rule:
    """Rule for pipeline stacks and deployment stacks on which CloudFormation has ended its work."""
    stacks = Sub(
        f"arn:${{AWS::Partition}}:cloudformation:${{AWS::Region}}:${{AWS::AccountId}}:stack/{arns.PIPELINE_PREFIX}"
    )
    stack_ended = {
        "detail-type": ["CloudFormation Stack Status Change"],
        "detail": {"stack-id": [{"prefix": stacks}], "status-details": {"status": _ENDS}},
    }
    return events.Rule(
        "RemovalRule",
        Name=jobs.named("removal"),
        Description="Tells the orchestrator that CloudFormation has ended its work on a pipeline or what it made",
        EventPattern={"source": ["aws.cloudformation"], "$or": [stack_ended, *others]},
        Targets=[orchestrator.to_function()],
    )


def statements() -> list[Statement]:
    """Permissions of the orchestrator beyond provisioning."""
    return [*_looks(), *_removes(), *_forgets()]


def _looks() -> list[Statement]:
    described = jobs.kinds()
    kinds = [kind for kind in job_kinds.ALL if kind not in described]
    return [
        # A listing of all stacks is about no stack.
        permissions.allow([cfn.DescribeStacks, cfn.ListStacks], "*"),
        *(
            permissions.allow(
                [Action("sagemaker", f"Describe{kind.noun}")], arns.regional("sagemaker", f"{kind.resource}/*")
            )
            for kind in kinds
        ),
    ]


def _removes() -> list[Statement]:
    return [
        permissions.allow([cfn.DeleteStack, cfn.DescribeStackEvents], roles.STACKS),
        permissions.allow([cp.StopPipelineExecution], roles.PIPELINES),
    ]


def _forgets() -> list[Statement]:
    """Remove packages and markers with all their versions; what else is in the bucket is left alone."""
    bucket = GetAtt(storage.PIPELINES, "Arn")
    prefixes = [storage.PACKAGES, _DELETIONS]
    removed = [arns.objects_in(bucket, prefix) for prefix in prefixes]
    kept = [s3_actions.GetObject, s3_actions.PutObject]
    return [
        permissions.allow([s3_actions.DeleteObject, s3_actions.DeleteObjectVersion], removed),
        permissions.allow(kept, arns.objects_in(bucket, _DELETIONS)),
        permissions.allow(
            [s3_actions.ListBucket, s3_actions.ListBucketVersions],
            bucket,
            permissions.below(*prefixes),
        ),
    ]
