# SPDX-License-Identifier: Apache-2.0
"""Permissions of S3's operations, whose actions have other names.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from scripts.local_aws.enforcement.operations import Need, Operation

# Operations on objects; the second action, if any, is the one for versions.
_ON_OBJECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "AbortMultipartUpload": ("AbortMultipartUpload",),
    "CompleteMultipartUpload": ("PutObject",),
    "CreateMultipartUpload": ("PutObject",),
    "DeleteObject": ("DeleteObject", "DeleteObjectVersion"),
    "DeleteObjectTagging": ("DeleteObjectTagging", "DeleteObjectVersionTagging"),
    "GetObject": ("GetObject", "GetObjectVersion"),
    "GetObjectAcl": ("GetObjectAcl", "GetObjectVersionAcl"),
    "GetObjectAttributes": ("GetObject", "GetObjectVersion"),
    "GetObjectTagging": ("GetObjectTagging", "GetObjectVersionTagging"),
    "HeadObject": ("GetObject", "GetObjectVersion"),
    "ListParts": ("ListMultipartUploadParts",),
    "PutObject": ("PutObject",),
    "PutObjectAcl": ("PutObjectAcl", "PutObjectVersionAcl"),
    "PutObjectTagging": ("PutObjectTagging", "PutObjectVersionTagging"),
    "UploadPart": ("PutObject",),
}
# Operations on buckets whose action has another name.
_ON_BUCKETS: Final[Mapping[str, str]] = {
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
_LISTINGS: Final = frozenset({"ListObjects", "ListObjectsV2", "ListObjectVersions", "ListMultipartUploads"})
# A request for a missing object is answered 404 only to callers who may list the bucket.
_READING: Final = frozenset({"GetObject", "HeadObject"})


def needs(operation: Operation) -> Iterator[Need]:
    """Yield actions on the bucket or the object."""
    bucket = f"arn:{operation.partition}:s3:::{operation.text('Bucket')}"
    if operation.name in _ON_OBJECTS:
        yield from _on_object(operation, f"{bucket}/{operation.text('Key')}")
    elif operation.name == "DeleteObjects":
        yield from _deletions(operation, bucket)
    elif operation.name == "CopyObject":
        yield from _copy(operation, f"{bucket}/{operation.text('Key')}")
    elif operation.name == "ListBuckets":
        yield Need("s3:ListAllMyBuckets", "*")
    else:
        action = _ON_BUCKETS.get(operation.name, operation.name)
        yield Need(f"s3:{action}", bucket, _listing(operation) if operation.name in _LISTINGS else {})


def listing_behind(operation: Operation) -> Need | None:
    """Return the permission that decides whether a reader is answered 404 for a missing object.

    Such a request has no `s3:prefix`: AWS does not document a value, so no policy may rely on one.
    """
    if operation.service != "s3" or operation.name not in _READING:
        return None
    bucket = f"arn:{operation.partition}:s3:::{operation.text('Bucket')}"
    return Need("s3:ListBucket", bucket)


def _listing(operation: Operation) -> dict[str, list[str]]:
    keys = {"s3:prefix": "Prefix", "s3:delimiter": "Delimiter", "s3:max-keys": "MaxKeys"}
    return {key: [operation.text(name)] for key, name in keys.items() if operation.parameters.get(name) is not None}


def _on_object(operation: Operation, arn: str) -> Iterator[Need]:
    actions = _ON_OBJECTS[operation.name]
    context: dict[str, list[str]] = {}
    if operation.text("ServerSideEncryption"):
        context["s3:x-amz-server-side-encryption"] = [operation.text("ServerSideEncryption")]
    yield Need(f"s3:{actions[-1] if operation.text('VersionId') else actions[0]}", arn, context)
    if operation.name in ("PutObject", "CreateMultipartUpload") and operation.text("Tagging"):
        yield Need("s3:PutObjectTagging", arn)
    if operation.name in ("PutObject", "CreateMultipartUpload") and operation.text("ACL"):
        yield Need("s3:PutObjectAcl", arn)


def _deletions(operation: Operation, bucket: str) -> Iterator[Need]:
    for each in (operation.parameters.get("Delete") or {}).get("Objects") or []:
        action = "DeleteObjectVersion" if each.get("VersionId") else "DeleteObject"
        yield Need(f"s3:{action}", f"{bucket}/{each['Key']}")


def _copy(operation: Operation, target: str) -> Iterator[Need]:
    source, _, version = operation.text("CopySource").lstrip("/").partition("?versionId=")
    action = "GetObjectVersion" if version else "GetObject"
    yield Need(f"s3:{action}", f"arn:{operation.partition}:s3:::{source}")
    yield Need("s3:PutObject", target)
