# SPDX-License-Identifier: Apache-2.0
"""What the orchestrator's account lets the accounts of the stages do with what tests make there by hand.

The root template of a multi-account launch writes such policies for its own bucket and model package group.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from tests.end_to_end.deployed import ORCHESTRATOR
from tests.local_aws.stack_setting import ACCOUNTS

_STAGES: Final = {"AWS": list(ACCOUNTS.values())}
_READING: Final = ("s3:GetObject", "s3:ListBucket")
_OF_PACKAGES: Final = [f"sagemaker:{name}" for name in ("CreateModel", "DescribeModelPackage")]
_PACKAGES: Final = f"arn:aws:sagemaker:us-east-1:{ORCHESTRATOR}:model-package"


def share_bucket(s3: Any, bucket: str, actions: Sequence[str] = _READING) -> None:
    """Let the accounts of the stages read a bucket of the orchestrator's account."""
    arn = f"arn:aws:s3:::{bucket}"
    s3.put_bucket_policy(Bucket=bucket, Policy=_policy(actions, arn, f"{arn}/*"))


def share_packages(registry: Any, group: str) -> None:
    """Let them make models of the versions in a group."""
    policy = _policy(_OF_PACKAGES, f"{_PACKAGES}-group/{group}", f"{_PACKAGES}/{group}/*")
    registry.put_model_package_group_policy(ModelPackageGroupName=group, ResourcePolicy=policy)


def _policy(actions: Sequence[str], *resources: str) -> str:
    statement = {"Effect": "Allow", "Principal": _STAGES, "Action": list(actions), "Resource": list(resources)}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
