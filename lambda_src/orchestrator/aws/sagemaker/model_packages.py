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


def approved(group: str) -> list[str]:
    """Return the ARNs of the approved versions of a group, which is given by its ARN: names in ARNs have lower case.

    A call for each hundred. https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListModelPackages.html
    """
    with calling(f"list the approved versions of {group}"):
        pages = (
            client("sagemaker")
            .get_paginator("list_model_packages")
            .paginate(ModelPackageGroupName=group, ModelApprovalStatus="Approved")
        )
        listed = [version for page in pages for version in page["ModelPackageSummaryList"]]
    return [version["ModelPackageArn"] for version in listed if version["ModelPackageStatus"] == "Completed"]
