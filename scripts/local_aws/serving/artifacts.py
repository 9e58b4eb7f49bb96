# SPDX-License-Identifier: Apache-2.0
"""Model data: fetched from S3 as the model's role, an archive unpacked, a prefix as it is.

Failures are worded as in `FailureReason` of DescribeEndpoint.
"""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from scripts.local_aws import clients

_ARCHIVE = "model.tar.gz"


class ServingError(Exception):
    """Failure of an endpoint; the message is its FailureReason."""


def fetch_archive(uri: str, role_arn: str, region: str, directory: Path) -> None:
    """Unpack the archive at an S3 URI into the directory. Raise ServingError."""
    archive = directory / f".{_ARCHIVE}"
    bucket, key = split_s3_uri(uri)
    try:
        answer = _s3(role_arn, region).get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        raise _not_downloaded(uri) from error
    archive.write_bytes(answer["Body"].read())
    _unpack(archive, uri, directory)


def fetch_prefix(uri: str, role_arn: str, region: str, directory: Path) -> None:
    """Store every object below a prefix in the directory, at its key less the prefix. Raise ServingError."""
    bucket, prefix = split_s3_uri(uri)
    s3 = _s3(role_arn, region)
    try:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
        for key in keys:
            target = (directory / key.removeprefix(prefix)).resolve()
            if key.endswith("/") or not target.is_relative_to(directory.resolve()):
                continue  # A folder of the console's, or a key with "..", which is no path.
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except ClientError as error:
        raise _not_downloaded(uri) from error
    if not keys:
        raise _not_downloaded(uri)


def _not_downloaded(uri: str) -> ServingError:
    return ServingError(
        f'Failed to download model data from URL "{uri}". Please ensure that there is an object '
        "located at the URL and that the role passed to CreateModel has permissions to download it."
    )


def _s3(role_arn: str, region: str) -> Any:
    return clients.client("s3", role_arn, region, by="sagemaker.amazonaws.com")


def _unpack(archive: Path, uri: str, directory: Path) -> None:
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                _place(tar, member, directory.resolve())
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ServingError(
            f'Failed to extract model data archive from URL "{uri}". Please ensure that the object located at the URL '
            "is a valid tar.gz archive."
        ) from error
    archive.unlink()


def _place(tar: tarfile.TarFile, member: tarfile.TarInfo, directory: Path) -> None:
    """Put a folder or file below the directory. Paths outside of it, and links, make the archive invalid.

    tarfile's own filters are not in Python 3.11.2, which Debian 12 has.
    """
    target = (directory / member.name).resolve()
    content = tar.extractfile(member) if member.isfile() else None
    if not target.is_relative_to(directory) or not (content or member.isdir()):
        raise tarfile.TarError(f"{member.name} is neither a file nor a folder of the archive's own")
    if content is None:
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        shutil.copyfileobj(content, file)


def split_s3_uri(uri: str) -> tuple[str, str]:
    """Split `s3://bucket/a/key` into ("bucket", "a/key")."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
