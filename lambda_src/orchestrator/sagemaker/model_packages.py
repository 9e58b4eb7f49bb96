# SPDX-License-Identifier: Apache-2.0
"""SageMaker's event of a model package: when a version is made, and at each change of it."""

from __future__ import annotations

from typing import Final

DETAIL_TYPE: Final = "SageMaker Model Package State Change"
"""https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html#eventbridge-model-package"""
CHANGED: Final = "UpdatedModelPackageFields"
"""Member of the detail with the names of the fields that a change was about; the event of a new version has none."""
STATUS: Final = "ModelApprovalStatus"
