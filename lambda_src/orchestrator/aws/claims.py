# SPDX-License-Identifier: Apache-2.0
"""Work that several deliveries of one event ask for and that must be done once.

A marker object in S3 says whose the work is: it is written only where there is none, which S3 decides
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html). It holds the id of the invocation,
which Lambda keeps when it repeats an asynchronous one, and in the end says that the work is done.

    no marker             -> it is ours
    ours, not yet done    -> an earlier attempt of this invocation did not come to its end: go on
    done, or another's    -> nothing to do
    done, but not said    -> the marker stays ours, which keeps others away as well
    the work fails        -> the marker is removed, so that whoever is next may do it: this invocation's next attempt,
                             another delivery, or a person who sends the event again out of the dead-letter queue
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
    """Do the work that the marker stands for unless it is done or another's; tells whether it was done now.

    Raises what the work raises, and `ServiceRefusedError`, which is worth another try.
    """
    if not _claim(bucket, key, owner):
        return False
    try:
        work()
    except Exception:
        _release(bucket, key)
        raise
    try:
        _mark(bucket, key, _DONE)
    except ServiceRefusedError as error:
        # To raise it would have Lambda try again, and so do the work again.
        logger.warning("work done; marker not updated", extra={"marker": key, "error": error.detail})
    return True


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


def _release(bucket: str, key: str) -> None:
    with calling(f"remove the marker s3://{bucket}/{key}"):
        client("s3").delete_object(Bucket=bucket, Key=key)
