# SPDX-License-Identifier: Apache-2.0
"""Files with the metrics of an evaluation, wherever the orchestrator's role may read them."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.aws.calls import calling, client


@dataclass(frozen=True)
class StoredFile:
    """The first bytes of an object, and the type that S3 has for it; empty where it has none."""

    content: bytes
    content_type: str


def read(bucket: str, key: str, longest: int) -> StoredFile:
    """An object's content; `longest + 1` bytes at most are read."""
    with calling(f"let the orchestrator read s3://{bucket}/{key}"):
        answer = client("s3").get_object(Bucket=bucket, Key=key)
        return StoredFile(answer["Body"].read(longest + 1), answer.get("ContentType", ""))
