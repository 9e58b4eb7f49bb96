# SPDX-License-Identifier: Apache-2.0
"""Model packages in SageMaker's registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.aws.calls import calling, client


def create(request: Mapping[str, Any]) -> str:
    """Call CreateModelPackage; return the version's ARN. Repeated calls with the same token make one version.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html
    """
    with calling("register the model"):
        created = client("sagemaker").create_model_package(**request)
    return str(created["ModelPackageArn"])


def reject(arn: str, reason: str) -> None:
    """Set the reason for a rejected version: CreateModelPackage takes no description of the approval.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateModelPackage.html
    """
    with calling(f"say why {arn} is rejected"):
        client("sagemaker").update_model_package(
            ModelPackageArn=arn, ModelApprovalStatus="Rejected", ApprovalDescription=reason
        )


def newest_approved(group: str) -> str:
    """Return the ARN of the newest approved version of a group; empty if it has none, or is not there.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListModelPackages.html
    """
    approved = {"ModelPackageGroupName": group, "ModelApprovalStatus": "Approved"}
    newest = {"SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": 1}
    with calling(f"list the approved versions of {group}"):
        listed = client("sagemaker").list_model_packages(**approved, **newest)["ModelPackageSummaryList"]
    return str(listed[0]["ModelPackageArn"]) if listed else ""
