# SPDX-License-Identifier: Apache-2.0
"""Locks: of several invocations, one at a time does something.

A lock is an object in S3 that names the invocation that holds it, written only if there is none yet
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html). Whoever finds it held does not wait. An
invocation that dies holding it leaves it behind: its own next attempt has the same id and goes on, and after `STALE`,
which is longer than any function runs, anybody takes it over, again by a conditional write, so that one succeeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from aws_lambda_powertools import Logger

from orchestrator.aws import claims
from orchestrator.aws.calls import calling, client
from orchestrator.errors import ServiceRefusedError

STALE: Final = timedelta(minutes=15)
"""Age from which on a lock is nobody's: Lambda ends every function before."""
# 412, or 409 if another write to the same key is going on.
_OVERTAKEN: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})

logger = Logger(service="orchestrator", child=True)


@contextmanager
def holding(bucket: str, key: str, owner: str) -> Iterator[bool]:
    """Hold the lock meanwhile; gives whether it is held, or another invocation's. `owner` is the id of this one.

    Raises `ServiceRefusedError`, after which a retry may succeed.
    """
    if not _is_taken(bucket, key, owner):
        yield False
        return
    try:
        yield True
    finally:
        _release(bucket, key)


def _is_taken(bucket: str, key: str, owner: str) -> bool:
    if _write(bucket, key, owner, IfNoneMatch="*"):
        return True
    try:
        with calling(f"let the orchestrator read the lock s3://{bucket}/{key}"):
            found = client("s3").get_object(Bucket=bucket, Key=key)
            holder = found["Body"].read().decode()
    except ServiceRefusedError as error:
        if error.code == "NoSuchKey":
            # Released just now: the next one who asks gets it.
            return False
        raise
    if holder == owner:
        return True
    is_stale = datetime.now(UTC) - found["LastModified"] > STALE
    return is_stale and _write(bucket, key, owner, IfMatch=found["ETag"])


def _write(bucket: str, key: str, owner: str, **condition: str) -> bool:
    """Write the lock; `False` if another invocation was faster."""
    try:
        with calling(f"store the lock s3://{bucket}/{key}"):
            client("s3").put_object(Bucket=bucket, Key=key, Body=owner.encode(), ContentType="text/plain", **condition)
    except ServiceRefusedError as error:
        if error.code in _OVERTAKEN:
            return False
        raise
    return True


def _release(bucket: str, key: str) -> None:
    try:
        claims.forget(bucket, key)
    except ServiceRefusedError as error:
        # The work is done, or its own error is on its way.
        logger.warning("lock not released", extra={"lock": key, "error": error.detail})
