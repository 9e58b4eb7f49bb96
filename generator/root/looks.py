# SPDX-License-Identifier: Apache-2.0
"""Permissions of the orchestrator to look up what a request names before anything is made.

Each look is one call that reads nothing of a thing's content, at things that requests may name. It looks at images with
a permission that it has for the registration of models. A managed policy, because the orchestrator's inline policies
nearly fill what IAM allows a role.
"""

from __future__ import annotations

from typing import Any, Final

from awacs import cloudwatch, ec2, kms, s3, sagemaker, secretsmanager, sns
from awacs.aws import Condition, Statement, StringLike
from troposphere import Join, Ref, Split, Sub, Template, iam

from generator import arns, permissions
from orchestrator import reach

_POLICY: Final = "LooksPolicy"


def add_to(template: Template) -> None:
    """Add the policy."""
    template.add_resource(
        iam.ManagedPolicy(
            _POLICY,
            Description="Looks at what requests name, before anything is made of it",
            PolicyDocument=permissions.document(*statements()),
        )
    )


def attached_policy() -> Ref:
    """The policy, for a role's list of managed policies."""
    return Ref(_POLICY)


def statements() -> list[Statement]:
    """Look at buckets, keys, secrets, package groups, VPCs and their endpoints, alarms, metrics and topics.

    EC2 and metrics of CloudWatch know no resource for what is looked at.

    S3 says that a key is missing only to whoever may list the bucket. A bucket's ARN does not say whose it is; those of
    accounts that requests may not name are left alone.
    """
    owners = Split(",", Join(",", [Ref("AWS::AccountId"), Ref(reach.ACCOUNTS)]))
    groups = _named("arn:*:sagemaker:*:*:model-package-group/{}", reach.PACKAGE_GROUP)
    return [
        permissions.allow(
            [s3.ListBucket],
            _named(reach.BUCKET.arns[0], reach.BUCKET),
            Condition(StringLike("aws:ResourceAccount", owners)),
        ),
        # IAM knows keys by their ids alone, and the launch parameter has names of aliases, too.
        permissions.allow([kms.DescribeKey], Sub("arn:${AWS::Partition}:kms:${AWS::Region}:*:key/*")),
        permissions.allow([secretsmanager.DescribeSecret], _named(reach.SECRET.arns[0], reach.SECRET)),
        permissions.allow([sagemaker.DescribeModelPackageGroup], groups),
        permissions.allow(
            [cloudwatch.GetMetricData, ec2.DescribeSecurityGroups, ec2.DescribeSubnets, ec2.DescribeVpcEndpoints], "*"
        ),
        permissions.allow([cloudwatch.DescribeAlarms], arns.regional("cloudwatch", "alarm:*")),
        permissions.allow([sns.GetTopicAttributes], arns.regional("sns", "*")),
    ]


def _named(form: str, kind: reach.Kind) -> Any:
    """ARNs of all that fits the patterns of a launch parameter."""
    before, after = form.split("{}")
    return Split(",", Join("", [before, Join(f"{after},{before}", Split(",", Ref(kind.parameter))), after]))
