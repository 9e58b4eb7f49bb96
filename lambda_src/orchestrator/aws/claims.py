# SPDX-License-Identifier: Apache-2.0
"""Work that is requested by several deliveries of one event and must be done once.

A marker object in S3 names the owner of the work. S3 writes it only if there is none yet
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html). It holds the id of the invocation,
which Lambda keeps when it repeats an asynchronous one; after the work it holds `done`.

    no marker             -> write it and do the work
    ours, not done        -> an earlier attempt of this invocation did not finish: do the work
    done, or another's    -> nothing to do
    marker not updated    -> the work is done; the marker keeps our id, which keeps others away as well
    the work fails        -> the marker is removed, so that the work can be repeated: by the next attempt of this
                             invocation, another delivery, or a person who resends it from the dead-letter queue
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from aws_lambda_powertools import Logger

from orchestrator.aws.calls import calling, client
from orchestrator.aws.s3 import objects
from orchestrator.errors import ServiceRefusedError

_DONE: Final = "done"
_THERE_ALREADY: Final = "PreconditionFailed"

logger = Logger(service="orchestrator", child=True)


def once(bucket: str, key: str, owner: str, work: Callable[[], None]) -> bool:
    """Do the work unless it is done or another invocation's; return whether it was done now.

    Raises the errors of the work, and `ServiceRefusedError`, after which a retry may succeed.
    """
    if not _claim(bucket, key, owner):
        return False
    try:
        work()
    except Exception:
        forget(bucket, key)
        raise
    try:
        _mark(bucket, key, _DONE)
    except ServiceRefusedError as error:
        # Raising it would make Lambda retry, and so repeat the work.
        logger.warning("work done; marker not updated", extra={"marker": key, "error": error.detail})
    return True


def is_done(bucket: str, key: str) -> bool:
    """True if the work of this marker is done; markers expire."""
    try:
        return objects.content(bucket, key).decode() == _DONE
    except ServiceRefusedError as error:
        if error.code == "NoSuchKey":
            return False
        raise


def is_there(bucket: str, key: str, owner: str) -> bool:
    """True if there is a marker. If not, there is one now, for `forget` to remove.

    S3 says that a key is missing only to whoever may list the bucket, so this writes and does not read.
    """
    return not once(bucket, key, owner, lambda: None)


def forget(bucket: str, key: str) -> None:
    """Remove a marker, whether there is one or not, so that its work can be done again."""
    with calling(f"remove the marker s3://{bucket}/{key}"):
        client("s3").delete_object(Bucket=bucket, Key=key)


def _claim(bucket: str, key: str, owner: str) -> bool:
    try:
        _mark(bucket, key, owner, IfNoneMatch="*")
    except ServiceRefusedError as error:
        if error.code != _THERE_ALREADY:
            raise
        return objects.content(bucket, key).decode() == owner
    return True


def _mark(bucket: str, key: str, content: str, **condition: str) -> None:
    with calling(f"store the marker s3://{bucket}/{key}"):
        client("s3").put_object(Bucket=bucket, Key=key, Body=content.encode(), ContentType="text/plain", **condition)
