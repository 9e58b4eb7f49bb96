# SPDX-License-Identifier: Apache-2.0
"""CloudWatch metrics of a run, as the arguments of PutMetricData.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

NAMESPACE: Final = "MLOps/Monitors"
"""Of all monitors' metrics."""
VIOLATIONS: Final = "violations"
"""The metric that every kind of monitor has: findings of a run."""
# Of one call; CloudWatch takes 1,000, and 1 MB.
_MOST: Final = 500
_LONGEST_NAME: Final = 255
_OTHER: Final = re.compile(r"[^\x20-\x7e]")


@dataclass(frozen=True)
class Metric:
    """A value, or the statistics of many."""

    name: str
    value: float = 0.0
    count: int = 0
    """With statistics: how many values there are; `value` is their sum then."""
    low: float = 0.0
    high: float = 0.0

    @property
    def is_sendable(self) -> bool:
        """Whether CloudWatch takes it: no NaN, nothing infinite, nothing beyond its range."""
        return all(math.isfinite(number) and abs(number) <= 2.0**360 for number in (self.value, self.low, self.high))

    def datum(self, dimensions: Sequence[dict[str, str]]) -> dict[str, Any]:
        """Return it as an entry of MetricData."""
        name = _OTHER.sub("?", self.name)[:_LONGEST_NAME]
        datum: dict[str, Any] = {"MetricName": name, "Dimensions": list(dimensions)}
        if not self.count:
            return datum | {"Value": self.value}
        values = {"SampleCount": self.count, "Sum": self.value, "Minimum": self.low, "Maximum": self.high}
        return datum | {"StatisticValues": values}


def payloads(metrics: Sequence[Metric], endpoint: str, schedule: str) -> Iterator[dict[str, Any]]:
    """Yield the arguments of each call of PutMetricData."""
    named = {"Endpoint": endpoint, "MonitoringSchedule": schedule}
    dimensions = [{"Name": name, "Value": value} for name, value in named.items() if value]
    data = (metric.datum(dimensions) for metric in metrics if metric.is_sendable)
    while some := list(islice(data, _MOST)):
        yield {"Namespace": NAMESPACE, "MetricData": some}
