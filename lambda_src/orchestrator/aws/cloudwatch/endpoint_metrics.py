# SPDX-License-Identifier: Apache-2.0
"""Metrics of the variants of endpoints, as SageMaker puts them.

https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from orchestrator.aws.calls import Clients, calling, client

_MINUTE: Final = 60
_HOUR: Final = 3600
_MICROSECONDS_A_MS: Final = 1000
_ASKED: Final = (
    ("Invocations", "Sum", _MINUTE),
    ("Invocation4XXErrors", "Sum", _MINUTE),
    ("Invocation5XXErrors", "Sum", _MINUTE),
    ("ModelLatency", "p50", _HOUR),
    ("ModelLatency", "p95", _HOUR),
)
"""Name, statistic, period. Sums of minutes fit any hour; percentiles of parts make none of the whole."""


@dataclass(frozen=True)
class Answered:
    """What a variant has answered within some time; without a latency (in milliseconds) if nobody called it."""

    calls: int
    client_errors: int
    server_errors: int
    p50_ms: float | None
    p95_ms: float | None


def last_hour(endpoint: str, variants: Sequence[str], now: datetime, clients: Clients = client) -> list[Answered]:
    """Return what each variant of an endpoint has answered in the hour before now, by one call."""
    queries = [
        _query(f"v{place}q{number}", endpoint, variant, asked)
        for place, variant in enumerate(variants)
        for number, asked in enumerate(_ASKED)
    ]
    found: dict[str, list[float]] = {}
    with calling(f"read the metrics of the endpoint {endpoint}"):
        pages = clients("cloudwatch").get_paginator("get_metric_data")
        for page in pages.paginate(MetricDataQueries=queries, StartTime=now - timedelta(seconds=_HOUR), EndTime=now):
            for result in page["MetricDataResults"]:
                found.setdefault(result["Id"], []).extend(result["Values"])
    return [_answered([found.get(f"v{place}q{n}", []) for n in range(len(_ASKED))]) for place in range(len(variants))]


def _query(id_: str, endpoint: str, variant: str, asked: tuple[str, str, int]) -> dict[str, Any]:
    name, stat, period = asked
    named = {"EndpointName": endpoint, "VariantName": variant}
    metric = {
        "Namespace": "AWS/SageMaker",
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": value} for key, value in named.items()],
    }
    return {"Id": id_, "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}}


def _answered(values: Sequence[Sequence[float]]) -> Answered:
    calls, client_errors, server_errors = (round(sum(one)) for one in values[:3])
    # Where CloudWatch gives the hour in two parts, as clocks have it, the slower one is told.
    p50, p95 = (round(max(one) / _MICROSECONDS_A_MS, 3) if one else None for one in values[3:])
    return Answered(calls, client_errors, server_errors, p50, p95)
