# SPDX-License-Identifier: Apache-2.0
"""The bucket that `deploy` publishes to when nobody names another one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from scripts.artifacts import PublishError


def default_name(account: str, region: str) -> str:
    """The name of an account's artifact bucket in a Region."""
    return f"mlops-artifacts-{account}-{region}"


def ensure(s3: Any, bucket: str, region: str, partition: str) -> bool:
    """Make the bucket unless it exists, and tell whether it was made; raises `PublishError`.

    It is encrypted, versioned, closed to the public and refuses connections without TLS. Every step is repeated by
    every call, so that one that was interrupted is completed: call this only for a bucket that is not in use yet, or
    of the solution's own.
    """
    existed = exists(s3, bucket, region)
    if not existed:
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=bucket, ObjectOwnership="BucketOwnerEnforced", **place)
    _protect(s3, bucket, partition)
    return not existed


def exists(s3: Any, bucket: str, region: str) -> bool:
    """Whether the bucket is there and in this Region; raises `PublishError` when it is somewhere else or not yours."""
    try:
        found = s3.head_bucket(Bucket=bucket)
    except s3.exceptions.ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status == 404:
            return False
        if status == 301:
            raise _elsewhere(bucket, region) from error
        if status == 403:
            raise PublishError(
                f"the bucket {bucket} exists, but you may not read it: it may belong to somebody else"
            ) from error
        raise
    if found.get("BucketRegion", region) != region:
        raise _elsewhere(bucket, region)
    return True


def is_in_use(s3: Any, bucket: str, region: str) -> bool:
    """Whether somebody has put anything into the bucket, or given it a policy or a key.

    An interrupted `ensure` leaves one that is not: its policy comes last. Raises `PublishError` as `exists` does.
    """
    if not exists(s3, bucket, region):
        return False
    if s3.list_objects_v2(Bucket=bucket, MaxKeys=1)["KeyCount"]:
        return True
    return _has(s3.get_bucket_policy, bucket, "NoSuchBucketPolicy") or _has_key_of_its_own(s3, bucket)


def _has_key_of_its_own(s3: Any, bucket: str) -> bool:
    if not _has(s3.get_bucket_encryption, bucket, "ServerSideEncryptionConfigurationNotFoundError"):
        return False
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    return any(rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] != "AES256" for rule in rules)


def _has(get: Callable[..., Any], bucket: str, missing: str) -> bool:
    """Whether a bucket has a configuration; S3 answers with an error where it has none."""
    try:
        get(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] == missing:
            return False
        raise
    return True


def _elsewhere(bucket: str, region: str) -> PublishError:
    return PublishError(
        f"the bucket {bucket} is not in {region}: Lambda reads code only from a bucket in its own Region"
    )


def _protect(s3: Any, bucket: str, partition: str) -> None:
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(_tls_only(bucket, partition)))


def _tls_only(bucket: str, partition: str) -> dict[str, Any]:
    arn = f"arn:{partition}:s3:::{bucket}"
    statement = {
        "Sid": "RefuseConnectionsWithoutTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
