# SPDX-License-Identifier: Apache-2.0
"""Permissions of the orchestrator for the closed loop and what it keeps, and for shares of calls.

A managed policy, because the orchestrator's inline policies nearly fill what IAM allows a role.
"""

from __future__ import annotations

from typing import Final

from awacs import s3, sagemaker
from awacs.aws import Statement
from troposphere import GetAtt, Ref, Template, iam

from generator import arns, permissions
from generator.root.data import storage
from orchestrator.plan import layout

_POLICY: Final = "AutomationPolicy"
_KEPT: Final = tuple(f"{prefix}*" for prefix in (layout.AUTOMATION, layout.FOLLOWERS, layout.STEPS))


def add_to(template: Template) -> None:
    """Add the policy."""
    template.add_resource(
        iam.ManagedPolicy(
            _POLICY,
            Description="Keeps who follows what, automatic steps with their causes, and pauses",
            PolicyDocument=permissions.document(*statements()),
        )
    )


def attached_policy() -> Ref:
    """The policy, for a role's list of managed policies."""
    return Ref(_POLICY)


def statements() -> list[Statement]:
    """Read, write and list these places, list the versions of groups, and change the weights of an endpoint's models.

    A deletion removes all versions of what is below a pipeline's name. People name their endpoints, so no name can
    limit these.
    """
    bucket = GetAtt(storage.PIPELINES, "Arn")
    objects = [arns.objects_in(bucket, kept) for kept in _KEPT]
    actions = [s3.DeleteObject, s3.DeleteObjectVersion, s3.GetObject, s3.PutObject]
    return [
        permissions.allow(actions, objects),
        permissions.allow([s3.ListBucket, s3.ListBucketVersions], bucket, permissions.below(*_KEPT)),
        permissions.allow([sagemaker.ListModelPackages], arns.regional("sagemaker", "model-package-group/*")),
        permissions.allow([sagemaker.UpdateEndpointWeightsAndCapacities], arns.regional("sagemaker", "endpoint/*")),
    ]
