# SPDX-License-Identifier: Apache-2.0
"""Throttling of the methods of a stage: a token bucket each, with the rate and burst of the stage's settings.

A setting for `*/*` is that of each method without one of its own, not of all of them together. AWS calls its limits
targets that it may miss; here they are exact, by the local AWS's clock.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

UNTHROTTLED: Final = "MLOPS_UNTHROTTLED_API"
"""Variable of the environment with the end of the names of APIs that are not throttled: tests ask more than people."""
ORCHESTRATOR: Final = "-Api"
"""How the name of the orchestrator's own API ends; those of pipelines end in `-InferenceApi`."""
ACCOUNT_RATE: Final = 10_000
ACCOUNT_BURST: Final = 5_000
"""The account's limits, which hold where a setting says none.

https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
"""
_ALL: Final = "*/*"


@dataclass(frozen=True)
class Limit:
    """Requests a second, and how many may come at once."""

    rate: float
    burst: int


def limit(settings: Mapping[str, Mapping[str, Any]], path: str, method: str) -> Limit | None:
    """Return the limit of a method by the settings of its stage, whose keys have ~1 for slashes; None without any."""
    found = settings.get(f"{path.replace('/', '~1')}/{method}") or settings.get(_ALL)
    return Limit(float(found["throttlingRateLimit"]), int(found["throttlingBurstLimit"])) if found else None


@dataclass
class _Bucket:
    """Tokens of a limit at a moment."""

    limit: Limit
    tokens: float
    moment: datetime

    def take(self, now: datetime) -> bool:
        """Take a token, if there is one."""
        seconds = max(0.0, (now - self.moment).total_seconds())
        self.tokens = min(float(self.limit.burst), self.tokens + seconds * self.limit.rate)
        self.moment = max(self.moment, now)
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Buckets:
    """The buckets of an API. They are full at first, and whenever a limit is another."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, ...], _Bucket] = {}
        self._lock = threading.Lock()

    def admit(self, called: tuple[str, ...], limit: Limit, now: datetime) -> bool:
        """Whether a call of a method, named by stage, path and verb, is within its limit; it counts then."""
        with self._lock:
            bucket = self._found.get(called)
            if bucket is None or bucket.limit != limit:
                bucket = self._found[called] = _Bucket(limit, limit.burst, now)
            return bucket.take(now)


def is_spared(name: str) -> bool:
    """Whether an API of this name is not throttled."""
    spared = os.environ.get(UNTHROTTLED, "")
    return bool(spared) and name.endswith(spared)
