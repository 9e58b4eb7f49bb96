# SPDX-License-Identifier: Apache-2.0
"""Permissions of the orchestrator to compare trained models with deployed ones.

A managed policy, because the orchestrator's inline policies nearly fill what IAM allows a role.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from awacs import s3, sagemaker
from awacs.aws import Statement
from troposphere import Ref, Sub, Template, iam

from generator import arns, iam_roles, permissions
from generator.resources import job_access
from generator.root.data import storage
from orchestrator.events.jobs.comparison import NAMES, SIDES

_POLICY: Final = "ComparisonPolicy"


def add_to(template: Template, statements: Sequence[Statement] = ()) -> None:
    """Add the policy; `statements` are what only one of the root templates needs to compare models."""
    template.add_resource(
        iam.ManagedPolicy(
            _POLICY,
            Description="Compares trained models with deployed ones",
            PolicyDocument=permissions.document(*_versions(), *_scores(), _reads(), *statements),
        )
    )


def attached_policy() -> Ref:
    """The policy, for a role's list of managed policies."""
    return Ref(_POLICY)


def _versions() -> list[Statement]:
    """Find and read the deployed version. A group may be another account's that lets this one in."""
    groups, versions = (
        Sub(f"arn:${{AWS::Partition}}:sagemaker:${{AWS::Region}}:*:{kind}/*")
        for kind in ("model-package-group", "model-package")
    )
    return [
        permissions.allow([sagemaker.DescribeModelPackage], versions),
        permissions.allow([sagemaker.ListModelPackages], groups),
    ]


def _scores() -> list[Statement]:
    """Make models and transform jobs of these names, under the roles of pipelines that train; delete the models."""
    models, transforms = (arns.regional("sagemaker", f"{kind}/{NAMES}*") for kind in ("model", "transform-job"))
    made = [sagemaker.AddTags, sagemaker.CreateModel, sagemaker.DeleteModel]
    scored = [sagemaker.AddTags, sagemaker.CreateTransformJob, sagemaker.DescribeTransformJob]
    role = iam_roles.named(f"{arns.PIPELINE_PREFIX}*-{job_access.ROLE}-")
    return [
        permissions.allow(made, models),
        permissions.allow(scored, transforms),
        permissions.pass_role(role, "sagemaker.amazonaws.com"),
    ]


def _reads() -> Statement:
    """Read the predictions."""
    bucket = storage.assets_bucket_name()
    files = [arns.s3(f"${{Bucket}}/*/{NAMES}*/{side}/*.out", Bucket=bucket) for side in SIDES]
    return permissions.allow([s3.GetObject], files)
