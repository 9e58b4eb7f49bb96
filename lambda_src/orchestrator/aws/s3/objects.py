# SPDX-License-Identifier: Apache-2.0
"""Objects in S3: packages, blueprints added by operators, uploaded configurations."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from orchestrator.aws.calls import calling, client
from orchestrator.errors import ConflictError, ServiceRefusedError
from orchestrator.plan.plan import Package, PlannedObject

_DIGEST: Final = "digest"
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
_OVERTAKEN: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})


@dataclass(frozen=True)
class StoredPackage:
    """A package in the pipelines bucket, in the version that a pipeline's source action will read."""

    version_id: str
    digest: str
    stored_at: datetime | None
    """`None` if this call has stored it."""
    tag: str = ""
    """S3's `ETag`."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """What was said of it when it was stored."""


@dataclass(frozen=True)
class ReadPackage:
    """Content of a package, in one version."""

    version_id: str
    content: bytes


@dataclass(frozen=True)
class ObjectVersion:
    """Which object S3 gives for a key now."""

    version_id: str
    """Empty in a bucket without versions."""
    changed_at: datetime


@dataclass(frozen=True)
class Beginning:
    """The first bytes of an object."""

    content: bytes
    is_whole: bool
    """Whether these bytes are the whole object."""


@functools.lru_cache(maxsize=32)
def added_blueprint(bucket: str, key: str) -> bytes:
    """Read the blueprint of an operator's type; cached, because a version never changes."""
    with calling(f"let the orchestrator read the blueprint s3://{bucket}/{key}"):
        content: bytes = client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return content


def stored_package(bucket: str, key: str) -> StoredPackage | None:
    """Return the newest version of a package; `None` if there is none."""
    try:
        with calling(f"let the orchestrator look at s3://{bucket}/{key}"):
            head = client("s3").head_object(Bucket=bucket, Key=key)
    except ServiceRefusedError as error:
        if error.code in {"404", "NoSuchKey", "NotFound"}:
            return None
        raise
    notes = dict(head["Metadata"])
    return StoredPackage(head.get("VersionId", ""), notes.pop(_DIGEST, ""), head["LastModified"], head["ETag"], notes)


def package(bucket: str, key: str, version_id: str, longest: int) -> ReadPackage | None:
    """Read a version of a package, without one the newest, `longest + 1` bytes at most; `None` if it is not there."""
    version = {"VersionId": version_id} if version_id else {}
    try:
        with calling(f"let the orchestrator read s3://{bucket}/{key}"):
            answer = client("s3").get_object(Bucket=bucket, Key=key, **version)
            content: bytes = answer["Body"].read(longest + 1)
    except ServiceRefusedError as error:
        if error.code in {"NoSuchKey", "NoSuchVersion"}:
            return None
        raise
    return ReadPackage(answer.get("VersionId", ""), content)


def version_of(bucket: str, key: str) -> ObjectVersion:
    """Return the version of an object that its next reader gets."""
    with calling(f"let the orchestrator look at s3://{bucket}/{key}"):
        head = client("s3").head_object(Bucket=bucket, Key=key)
    return ObjectVersion(head.get("VersionId", ""), head["LastModified"])


def store_package(bucket: str, package: Package, before: StoredPackage | None) -> StoredPackage:
    """Upload a package as a new version that replaces the one found before.

    If another request has stored one meanwhile, an equal package is kept; a different one raises `ConflictError`.
    """
    condition = {"IfMatch": before.tag} if before else {"IfNoneMatch": "*"}
    try:
        with calling(f"store the package s3://{bucket}/{package.key}"):
            answer = client("s3").put_object(
                Bucket=bucket,
                Key=package.key,
                Body=package.zipped(),
                ContentType="application/zip",
                Metadata={_DIGEST: package.digest, **dict(package.notes)},
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
    return StoredPackage(answer.get("VersionId", ""), package.digest, None, notes=dict(package.notes))


def store(planned: PlannedObject) -> None:
    """Upload an object that the deployed resources will read."""
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
    """Upload a marker for later invocations of the orchestrator, as JSON."""
    with calling(f"store the marker s3://{bucket}/{key}"):
        client("s3").put_object(Bucket=bucket, Key=key, Body=content, ContentType="application/json")


def store_new_marker(bucket: str, key: str, content: bytes) -> bool:
    """Upload a marker unless there is one; return whether it was."""
    try:
        with calling(f"store the marker s3://{bucket}/{key}"):
            client("s3").put_object(
                Bucket=bucket, Key=key, Body=content, ContentType="application/json", IfNoneMatch="*"
            )
    except ServiceRefusedError as error:
        if error.code not in _OVERTAKEN:
            raise
        return False
    return True


def store_result(bucket: str, key: str, content: bytes) -> None:
    """Write the result of an uploaded configuration, as JSON."""
    with calling(f"write the result s3://{bucket}/{key}"):
        client("s3").put_object(Bucket=bucket, Key=key, Body=content, ContentType="application/json")


def keys(bucket: str, prefix: str, most: int, after: str = "") -> list[str]:
    """Return the first keys with this prefix, a thousand at most, or the first that come after a key.

    Needs no permission to read the objects.
    """
    start = {"StartAfter": after} if after else {}
    with calling(f"list what is below s3://{bucket}/{prefix}"):
        answer = client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=most, **start)
    return [entry["Key"] for entry in answer.get("Contents", ())]


def content(bucket: str, key: str) -> bytes:
    """Read an object that the orchestrator has stored."""
    with calling(f"let the orchestrator read s3://{bucket}/{key}"):
        found: bytes = client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return found


def lines(bucket: str, key: str) -> Iterator[str]:
    """Yield the lines of an object, read as a stream."""
    with calling(f"let the orchestrator read s3://{bucket}/{key}"):
        for line in client("s3").get_object(Bucket=bucket, Key=key)["Body"].iter_lines():
            yield line.decode(errors="replace")


def content_if_there(bucket: str, key: str) -> bytes | None:
    """Read an object that the orchestrator has stored; `None` if there is none.

    S3 says that a key is missing only to whoever may list the bucket.
    """
    try:
        return content(bucket, key)
    except ServiceRefusedError as error:
        if error.code == "NoSuchKey":
            return None
        raise


def all_keys(bucket: str, prefix: str) -> list[str]:
    """Return every key with this prefix, in order; a call for each thousand."""
    found = _listed(bucket, prefix)
    return [str(entry["Key"]) for entry in found]


def keys_since(bucket: str, prefix: str, moment: datetime) -> list[str]:
    """Return the keys with this prefix of the objects that were stored at a moment or later, in order."""
    found = _listed(bucket, prefix)
    return [str(entry["Key"]) for entry in found if entry["LastModified"] >= moment]


def _listed(bucket: str, prefix: str) -> list[dict[str, Any]]:
    with calling(f"list what is below s3://{bucket}/{prefix}"):
        pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [entry for page in pages for entry in page.get("Contents", ())]


def uploaded_configuration(bucket: str, key: str, version_id: str | None, longest: int) -> bytes:
    """Read the version of an uploaded configuration that the event names, `longest + 1` bytes at most."""
    version = {"VersionId": version_id} if version_id else {}
    with calling(f"let the orchestrator read s3://{bucket}/{key}"):
        content: bytes = client("s3").get_object(Bucket=bucket, Key=key, **version)["Body"].read(longest + 1)
    return content


def beginning(bucket: str, key: str, longest: int) -> Beginning | None:
    """Return the first `longest` bytes of an object; `None` if there is none."""
    try:
        with calling(f"let the orchestrator read s3://{bucket}/{key}"):
            answer = client("s3").get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{longest - 1}")
            content: bytes = answer["Body"].read()
    except ServiceRefusedError as error:
        if error.code == "NoSuchKey":
            return None
        if error.code == "InvalidRange":
            # An empty object has no range of bytes.
            return Beginning(b"", is_whole=True)
        raise
    size = answer["ContentRange"].rpartition("/")[2]
    return Beginning(content, is_whole=len(content) == int(size))
