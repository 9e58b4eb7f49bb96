# SPDX-License-Identifier: Apache-2.0
"""Answers of endpoints with `async_inference`, which are written to S3: wait for one, or for why there is none.

Whoever waits reads S3 with their own rights: s3:GetObject on both places. Without s3:ListBucket, S3 does not tell what
is missing from what may not be read.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.errors import Failed, TimedOut

_LOOK_SECONDS: Final = 2.0
_NOT_THERE: Final = frozenset({"NoSuchKey", "404", "AccessDenied", "403"})
_LONGEST_REASON: Final = 2000


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds, and who is told of the seconds that have passed; 0 does not wait."""

    seconds: float = 900.0
    told: Callable[[float], None] = lambda _: None


PATIENT: Final = Patience()
IMPATIENT: Final = Patience(0)


@dataclass(frozen=True)
class Later:
    """What the inference API says of a request that waits."""

    inference_id: str
    output_location: str
    failure_location: str = ""

    @classmethod
    def read(cls, content: bytes) -> Later:
        """Return what the answer to a request says."""
        told = json.loads(content)
        return cls(told["inference_id"], told["output_location"], told.get("failure_location", ""))


@dataclass(frozen=True)
class Written:
    """An answer in S3, with its media type."""

    content: bytes
    content_type: str


def wait(aws: Aws, later: Later, patience: Patience) -> Written:
    """Return the answer when it is there. Raise Failed for a failure, with its reason, TimedOut if neither comes."""
    if not patience.seconds:
        raise Failed(f"The endpoint answers later: the answer will be in {later.output_location}.")
    store, begun = aws.client("s3"), time.monotonic()
    while True:
        if found := _object(store, later.output_location):
            return found
        if failed := _object(store, later.failure_location):
            reason = failed.content[:_LONGEST_REASON].decode(errors="replace").strip()
            raise Failed(f"The model failed: {reason or 'it says nothing'} ({later.failure_location})")
        passed = time.monotonic() - begun
        if passed >= patience.seconds:
            raise TimedOut(
                f"There is no answer after {passed:.0f} seconds, or none that you may read. It will be in "
                f"{later.output_location}, or what the model says of its failure in {later.failure_location}."
            )
        patience.told(passed)
        threading.Event().wait(min(_LOOK_SECONDS, patience.seconds - passed))


def _object(store: Any, location: str) -> Written | None:
    """Return an object; None if it is not there, or may not be read."""
    bucket, _, key = location.removeprefix("s3://").partition("/")
    if not key:
        return None
    try:
        answer = store.get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in _NOT_THERE:
            return None
        raise Failed(f"{location} cannot be read: {error.response['Error']['Message']}") from error
    return Written(answer["Body"].read(), answer.get("ContentType", ""))
