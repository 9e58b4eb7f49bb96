# SPDX-License-Identifier: Apache-2.0
"""What endpoints have captured: a call whose data is lost makes the demo fail."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from mlops_orchestrator.aws.aws_access import Aws
from scripts.demo.demo_story import DemoError, Story

_LONGEST_WAIT_SECONDS: Final = 20.0
_POLL_SECONDS: Final = 0.2


@dataclass(frozen=True)
class Captures:
    """Place where an endpoint captures calls, and access to it."""

    aws: Aws
    bucket: str
    prefix: str

    @property
    def location(self) -> str:
        """Place, as requests name it."""
        return f"{self.bucket}/{self.prefix}"

    def check(self, calls: int, story: Story) -> None:
        """Wait until all calls are captured. Raise DemoError if some are not within 20 s."""
        deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
        while (found := sum(self._records())) < calls:
            if time.monotonic() > deadline:
                raise DemoError(f"{calls - found} of {calls} calls are lost: s3://{self.location} has {found}")
            threading.Event().wait(_POLL_SECONDS)
        story.say(f"s3://{self.location}: {found} of {calls} calls captured")

    def _records(self) -> Iterator[int]:
        s3: Any = self.aws.client("s3")
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=f"{self.prefix}/"):
            for found in page.get("Contents", ()):
                yield len(s3.get_object(Bucket=self.bucket, Key=found["Key"])["Body"].read().splitlines())


def own_bucket(aws: Aws, model_name: str) -> Captures:
    """Make a bucket for captures in an account: endpoints write nothing into the bucket of another one."""
    bucket = f"{model_name}-captured-{aws.account}"
    aws.client("s3").create_bucket(Bucket=bucket)
    return Captures(aws, bucket, model_name)
