# SPDX-License-Identifier: Apache-2.0
"""What Application Auto Scaling scales, and the metric that a policy tracks of it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from scripts.local_aws.cloudwatch.metric_store import MINUTE, STORE, Metric, Place


class Scaled(Hashable, Protocol):
    """Something with a number of instances or copies that can be changed."""

    @property
    def place(self) -> Place:
        """Its account and Region."""

    @property
    def exists(self) -> bool:
        """Whether it is there, and serves."""

    @property
    def count(self) -> int:
        """How many there are now."""

    @property
    def load_metric(self) -> tuple[Metric, str]:
        """The metric of the predefined type for it, by instance or copy, and its statistic."""

    def refusal(self, minimum: int | None) -> str:
        """Why it cannot be scaled, or not with this minimum; empty if it can."""

    def keep_within(self, minimum: int, maximum: int) -> None:
        """Change the number if it is outside of the limits."""

    def set_count(self, count: int) -> None:
        """Change the number."""


def loads(scaled: Scaled, policy: Mapping[str, Any], end: datetime, minutes: int) -> list[float | None]:
    """Return the tracked metric in each of the minutes before a moment, oldest first; None for one without values."""
    metric, statistic = _customized(policy) or scaled.load_metric
    found = []
    for back in range(minutes, 0, -1):
        start = end - timedelta(seconds=back * MINUTE)
        values = STORE.between(scaled.place, metric, start, start + timedelta(seconds=MINUTE))
        found.append(values.statistic(statistic))
    return found


def _customized(policy: Mapping[str, Any]) -> tuple[Metric, str] | None:
    """Return the metric that a policy names; None if it has one of the predefined types.

    https://docs.aws.amazon.com/autoscaling/application/APIReference/API_CustomizedMetricSpecification.html
    """
    given = policy.get("CustomizedMetricSpecification")
    if not given:
        return None
    dimensions = {one["Name"]: one["Value"] for one in given.get("Dimensions", [])}
    return Metric.of(given["Namespace"], given["MetricName"], dimensions), str(given["Statistic"])
