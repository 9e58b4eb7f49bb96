# SPDX-License-Identifier: Apache-2.0
"""Models that are compared on an endpoint, as people see them: shares of the calls, and what they have answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def lines(endpoint: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each model of an endpoint; one model has all calls."""
    # An orchestrator of an earlier release tells none.
    if len(variants := endpoint.get("variants", [])) > 1:
        yield from map(_variant, variants)
        if reason := endpoint.get("last_hour_reason"):
            yield f"  What they answered in the last hour is not known. {reason}"


def of_stages(stages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the same of the endpoints in the accounts of stages."""
    for stage in stages:
        # An orchestrator of an earlier release tells none.
        for endpoint in stage.get("endpoints", ()):
            name, status = endpoint["name"] or "where models are compared", endpoint["status"] or "unknown"
            where = f"{stage['stage']}, {endpoint['account']}: the endpoint {name}"
            yield f"{where}: {status}. {endpoint['reason']}".rstrip()
            yield from lines(endpoint)


def _variant(one: Mapping[str, Any]) -> str:
    count = one["instance_count"]
    on = "" if count is None else f", on {count} instance{'' if count == 1 else 's'}"
    gets = "copies of the calls" if one["is_shadow"] else "the calls"
    return f"  {one['name']}: {one['share']:.0%} of {gets}, weight {one['weight']:g}{on}{_last_hour(one)}"


def _last_hour(one: Mapping[str, Any]) -> str:
    # An orchestrator of an earlier release tells none.
    if not (found := one.get("last_hour")):
        return ""
    errors = f"{found['errors_4xx']} errors 4xx, {found['errors_5xx']} 5xx"
    p50, p95 = found["latency_p50_ms"], found["latency_p95_ms"]
    latency = "" if p50 is None else f", p50 {p50:g} ms, p95 {p95:g} ms"
    return f"; last hour: {found['calls']} calls, {errors}{latency}"
