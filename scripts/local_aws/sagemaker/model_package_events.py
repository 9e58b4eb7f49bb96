# SPDX-License-Identifier: Apache-2.0
"""SageMaker's events of model packages: one when a version is made, and one for each change of it.

A change names the fields that it was about; what makes a version names none. The detail has the members of the
description that AWS's sample has, times as text, and no word on who did it.
https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html#eventbridge-model-package
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from moto.sagemaker.models import ModelPackage

from scripts.local_aws.eventbridge import events

DETAIL_TYPE: Final = "SageMaker Model Package State Change"
_LEFT_OUT: Final = frozenset({"CreatedBy", "LastModifiedBy"})
_FIELDS: Final = {
    "model_approval_status": "ModelApprovalStatus",
    "approval_description": "ApprovalDescription",
    "customer_metadata_properties": "CustomerMetadataProperties",
    "customer_metadata_properties_to_remove": "CustomerMetadataProperties",
    "additional_inference_specifications_to_add": "InferenceSpecification",
}
"""moto's names of what UpdateModelPackage changes -> the names in events."""


def created(package: ModelPackage) -> None:
    """Tell that a package was made."""
    _tell(package, _detail(package))


def updated(package: ModelPackage, given: Collection[str]) -> None:
    """Tell that these parts of a package, by moto's names, were given in an update."""
    fields = list(dict.fromkeys(field for name, field in _FIELDS.items() if name in given))
    _tell(package, {**_detail(package), "UpdatedModelPackageFields": fields})


def _detail(package: ModelPackage) -> dict[str, Any]:
    described = package.gen_response_object()
    return {name: _as_text(value) for name, value in described.items() if name not in _LEFT_OUT}


def _as_text(value: Any) -> Any:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value


def _tell(package: ModelPackage, detail: dict[str, Any]) -> None:
    _, _, _, region, account, _ = package.arn.split(":", 5)
    events.emit("aws.sagemaker", DETAIL_TYPE, detail, [package.arn], account, region)
