# SPDX-License-Identifier: Apache-2.0
"""Objects in S3: packages, blueprints that operators have added, uploaded configurations."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from orchestrator.aws.calls import calling, client
from orchestrator.errors import ConflictError, ServiceRefusedError
from orchestrator.plan.plan import Package, PlannedObject

_DIGEST: Final = "digest"
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
_OVERTAKEN: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})


@dataclass(frozen=True)
class StoredPackage:
    """A package in the pipelines bucket: the version that a pipeline's source action will read."""

    version_id: str
    digest: str
    stored_at: datetime | None
    """`None` for one that this very call has stored."""
    tag: str = ""
    """S3's `ETag`."""


@dataclass(frozen=True)
class Beginning:
    """The first bytes of an object."""

    content: bytes
    is_whole: bool
    """Whether that is all there is."""


@functools.lru_cache(maxsize=32)
def added_blueprint(bucket: str, key: str) -> bytes:
    """The blueprint of a pipeline type that an operator has added; kept in memory: a version of it never changes."""
    with calling(f"let the orchestrator read the blueprint s3://{bucket}/{key}"):
        content: bytes = client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return content


def stored_package(bucket: str, key: str) -> StoredPackage | None:
    """The newest version of a package, or `None` where there is none."""
    try:
        with calling(f"let the orchestrator look at s3://{bucket}/{key}"):
            head = client("s3").head_object(Bucket=bucket, Key=key)
    except ServiceRefusedError as error:
        if error.code in {"404", "NoSuchKey", "NotFound"}:
            return None
        raise
    digest = head["Metadata"].get(_DIGEST, "")
    return StoredPackage(head.get("VersionId", ""), digest, head["LastModified"], head["ETag"])


def store_package(bucket: str, package: Package, before: StoredPackage | None) -> StoredPackage:
    """Upload a package as a new version, in the place of the one that was there before.

    Where another request has been quicker, the same package is stored once, and another one is a `ConflictError`.
    """
    condition = {"IfMatch": before.tag} if before else {"IfNoneMatch": "*"}
    try:
        with calling(f"store the package s3://{bucket}/{package.key}"):
            answer = client("s3").put_object(
                Bucket=bucket,
                Key=package.key,
                Body=package.zipped(),
                ContentType="application/zip",
                Metadata={_DIGEST: package.digest},
                **condition,
            )
    except ServiceRefusedError as error:
        if error.code not in _OVERTAKEN:
            raise
        found = stored_package(bucket, package.key)
        if found is None or found.digest != package.digest:
            message = f"The package {package.key} was changed by another request just now. Repeat the request."
            raise ConflictError(message) from error
        return found
    return StoredPackage(answer.get("VersionId", ""), package.digest, None)


def store(planned: PlannedObject) -> None:
    """Upload an object that what is deployed will read."""
    key = planned.kms_key_arn
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}
    with calling(f"store {planned.uri}"):
        client("s3").put_object(
            Bucket=planned.bucket,
            Key=planned.key,
            Body=planned.content,
            ContentType=planned.content_type,
            **encryption,
        )


def store_marker(bucket: str, key: str, content: bytes) -> None:
    """Upload what the orchestrator leaves for its later invocations, as JSON."""
    with calling(f"store the marker s3://{bucket}/{key}"):
        client("s3").put_object(Bucket=bucket, Key=key, Body=content, ContentType="application/json")


def store_result(bucket: str, key: str, content: bytes) -> None:
    """Write what became of an uploaded configuration, as JSON."""
    with calling(f"write the result s3://{bucket}/{key}"):
        client("s3").put_object(Bucket=bucket, Key=key, Body=content, ContentType="application/json")


def keys(bucket: str, prefix: str, most: int) -> list[str]:
    """The first keys with this beginning, up to a thousand. Unlike a look at one object, it needs no leave to read."""
    with calling(f"list what is below s3://{bucket}/{prefix}"):
        answer = client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=most)
    return [entry["Key"] for entry in answer.get("Contents", ())]


def content(bucket: str, key: str) -> bytes:
    """The content of an object that the orchestrator has stored."""
    with calling(f"let the orchestrator read s3://{bucket}/{key}"):
        found: bytes = client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return found


def uploaded_configuration(bucket: str, key: str, version_id: str | None, longest: int) -> bytes:
    """An uploaded configuration, exactly the version of the event; `longest + 1` bytes at most are read."""
    version = {"VersionId": version_id} if version_id else {}
    with calling(f"let the orchestrator read s3://{bucket}/{key}"):
        content: bytes = client("s3").get_object(Bucket=bucket, Key=key, **version)["Body"].read(longest + 1)
    return content


def beginning(bucket: str, key: str, longest: int) -> Beginning | None:
    """The first `longest` bytes of an object, or `None` where there is none."""
    try:
        with calling(f"let the orchestrator read s3://{bucket}/{key}"):
            answer = client("s3").get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{longest - 1}")
            content: bytes = answer["Body"].read()
    except ServiceRefusedError as error:
        if error.code == "NoSuchKey":
            return None
        if error.code == "InvalidRange":
            # An empty object has no first byte.
            return Beginning(b"", is_whole=True)
        raise
    size = answer["ContentRange"].rpartition("/")[2]
    return Beginning(content, is_whole=len(content) == int(size))
