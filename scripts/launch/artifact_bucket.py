# SPDX-License-Identifier: Apache-2.0
"""Artifact bucket that the solution is launched from, and its protection against writes.

Whoever replaces an object in it decides what an administrator launches next. No pipeline reads from it. So the roles
of pipelines, in which other people's code runs, are denied every write, whatever a request has named.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from generator import names
from scripts.packaging.artifacts import PublishError

Statement = dict[str, Any]


def default_name(account: str, region: str) -> str:
    """Return the name of an account's artifact bucket in a Region."""
    return f"mlops-artifacts-{account}-{region}"


def make(s3: Any, bucket: str, region: str) -> bool:
    """Make the bucket unless it exists; return whether it was made. Raise PublishError."""
    if exists(s3, bucket, region):
        return False
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=bucket, ObjectOwnership="BucketOwnerEnforced", **place)
    return True


def exists(s3: Any, bucket: str, region: str, owner: str = "") -> bool:
    """Whether the bucket exists in this Region. Raise PublishError if it is elsewhere or not readable.

    With an `owner`, it has to be that account's: anybody can take a free name.
    """
    try:
        found = s3.head_bucket(Bucket=bucket, **({"ExpectedBucketOwner": owner} if owner else {}))
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


def is_ours(s3: Any, bucket: str, partition: str) -> bool:
    """Whether `protect` has protected the bucket, or the bucket is empty and has neither a policy nor a key of its own.

    An interrupted `protect` leaves a bucket without a policy, which comes last.
    """
    if policy := _visible_policy(s3, bucket):
        return _tls_only(bucket, partition) in policy["Statement"]
    return not (s3.list_objects_v2(Bucket=bucket, MaxKeys=1)["KeyCount"] or _has_key_of_its_own(s3, bucket))


def protect(s3: Any, bucket: str, partition: str) -> None:
    """Encrypt and version our bucket, block public access, and set its policy. A repeat completes an interrupted call.

    Statements that others have added to the policy stay.
    """
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
    ours = {one["Sid"]: one for one in (_tls_only(bucket, partition), no_writes_by_pipelines(bucket, "*", partition))}
    policy = _policy(s3, bucket) or {"Version": "2012-10-17", "Statement": []}
    others = [one for one in policy["Statement"] if one.get("Sid") not in ours]
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({**policy, "Statement": [*ours.values(), *others]}))


def lacks(s3: Any, bucket: str, statement: Statement) -> bool:
    """Whether the bucket's policy does not contain exactly this statement, as far as the caller can see."""
    policy = _visible_policy(s3, bucket)
    return policy is None or statement not in policy["Statement"]


def no_writes_by_pipelines(bucket: str, keys: str, partition: str) -> Statement:
    """Return the statement that denies all pipelines' roles, in any account, writes to these keys of the bucket."""
    arn = f"arn:{partition}:s3:::{bucket}"
    roles = [f"arn:{partition}:iam::*:role/{path}{name}*" for path in ("", "*/") for name in names.ROLE_PREFIXES]
    return {
        "Sid": "RefuseWritesByPipelines",
        "Effect": "Deny",
        "Principal": "*",
        "Action": [f"s3:{action}" for action in names.WRITES],
        "Resource": [arn, f"{arn}/{keys}"],
        "Condition": {"ArnLike": {"aws:PrincipalArn": roles}},
    }


def _tls_only(bucket: str, partition: str) -> Statement:
    arn = f"arn:{partition}:s3:::{bucket}"
    return {
        "Sid": "RefuseConnectionsWithoutTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _policy(s3: Any, bucket: str) -> dict[str, Any] | None:
    """Return the bucket's policy with a list of statements; None if it has no policy."""
    found = _configuration(s3.get_bucket_policy, bucket, "NoSuchBucketPolicy")
    if found is None:
        return None
    policy: dict[str, Any] = json.loads(found["Policy"])
    statements = policy["Statement"]
    return {**policy, "Statement": statements if isinstance(statements, list) else [statements]}


def _visible_policy(s3: Any, bucket: str) -> dict[str, Any] | None:
    """Return the same, or an empty policy for callers who may only put objects, as into another account's bucket."""
    try:
        return _policy(s3, bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"AccessDenied", "MethodNotAllowed"}:
            return {"Statement": []}
        raise


def _has_key_of_its_own(s3: Any, bucket: str) -> bool:
    missing = "ServerSideEncryptionConfigurationNotFoundError"
    found = _configuration(s3.get_bucket_encryption, bucket, missing)
    rules = found["ServerSideEncryptionConfiguration"]["Rules"] if found else []
    return any(rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] != "AES256" for rule in rules)


def _configuration(get: Callable[..., Any], bucket: str, missing: str) -> Any:
    """Return a configuration of the bucket; None if it has none, for which S3 answers with an error."""
    try:
        return get(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] == missing:
            return None
        raise


def _elsewhere(bucket: str, region: str) -> PublishError:
    return PublishError(
        f"the bucket {bucket} is not in {region}: Lambda reads code only from a bucket in its own Region"
    )
