# SPDX-License-Identifier: Apache-2.0
"""Files with the metrics of an evaluation, in any bucket that the orchestrator's role may read."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.aws.calls import calling, client


@dataclass(frozen=True)
class StoredFile:
    """The first bytes of an object, and its content type in S3; empty if it has none."""

    content: bytes
    content_type: str


def read(bucket: str, key: str, longest: int) -> StoredFile:
    """Read an object, `longest + 1` bytes at most."""
    with calling(f"let the orchestrator read s3://{bucket}/{key}"):
        answer = client("s3").get_object(Bucket=bucket, Key=key)
        return StoredFile(answer["Body"].read(longest + 1), answer.get("ContentType", ""))
