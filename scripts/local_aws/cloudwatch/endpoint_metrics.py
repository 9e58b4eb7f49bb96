# SPDX-License-Identifier: Apache-2.0
"""Metrics of endpoints, as SageMaker puts them.

https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
`CPUUtilization` is an estimate here: the part of a minute in which a variant was answering, by instance, in percent.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from moto.cloudwatch.models import MetricAggregatedDatum
from moto.core.common_models import CloudWatchMetricProvider

from scripts.local_aws import clock
from scripts.local_aws.cloudwatch.metric_store import MINUTE, STORE, Metric, Place, Values

INVOCATIONS: Final = "AWS/SageMaker"
INSTANCES: Final = "/aws/sagemaker/Endpoints"
NAMESPACES: Final = frozenset({INVOCATIONS, INSTANCES})
"""Namespaces whose metrics the local AWS makes."""
_MICROSECONDS: Final = 1_000_000
_OF_LATER_CALLS: Final = ("Invocation4XXErrors", "Invocation5XXErrors", "ModelLatency")


@dataclass(frozen=True)
class Call:
    """Call of a variant: HTTP status of the model, and microseconds that it took, there and around it."""

    status: int
    model_microseconds: int
    overhead_microseconds: int


@dataclass(frozen=True)
class Source:
    """Variant of an endpoint with its configuration; `instances` is None for a serverless one."""

    place: Place
    endpoint: str
    variant: str
    config: str
    instances: int | None


def record(source: Source, call: Call) -> None:
    """Count a call, for the variant and for its part of the fleet that has this configuration."""
    _record(source, call, _values(source, call))


def record_later(source: Source, call: Call) -> None:
    """Count a call of an asynchronous endpoint, of which some metrics are not published.

    https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html
    """
    values = _values(source, call)
    _record(source, call, {name: values[name] for name in _OF_LATER_CALLS})


def _record(source: Source, call: Call, values: dict[str, float]) -> None:
    variant = {"EndpointName": source.endpoint, "VariantName": source.variant}
    moment = clock.now()
    for dimensions in (variant, variant | {"EndpointConfigName": source.config}):
        for name, value in values.items():
            STORE.add(source.place, Metric.of(INVOCATIONS, name, dimensions), value, moment)
        if source.instances:
            share = 100 * call.model_microseconds / (MINUTE * _MICROSECONDS * source.instances)
            STORE.add(source.place, Metric.of(INSTANCES, "CPUUtilization", dimensions), share, moment)


def _values(source: Source, call: Call) -> dict[str, float]:
    client = HTTPStatus.BAD_REQUEST <= call.status < HTTPStatus.INTERNAL_SERVER_ERROR
    server = call.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    found = {
        "Invocations": 1.0,
        "Invocation4XXErrors": float(client),
        "Invocation5XXErrors": float(server),
        "InvocationModelErrors": float(client or server),
        "ModelLatency": float(call.model_microseconds),
        "OverheadLatency": float(call.overhead_microseconds),
    }
    return found | ({"InvocationsPerInstance": 1 / source.instances} if source.instances else {})


def as_cloudwatch_has_it(metric: Metric, values: Values) -> Values:
    """Return a minute's values: parts of the utilisation are one value of the minute, all others are themselves."""
    if metric.namespace != INSTANCES or not values:
        return values
    summed = Values()
    summed.counts[values.total] = 1
    return summed


class EndpointDatum(MetricAggregatedDatum):
    """A minute of a metric in moto's form. Callers live in real time, so it is as old for them as it is here."""

    def __init__(self, metric: Metric, minute: int, values: Values) -> None:
        low, high = values.statistic("Minimum"), values.statistic("Maximum")
        super().__init__(
            namespace=metric.namespace,
            name=metric.name,
            min_stat=low or 0.0,
            max_stat=high or 0.0,
            sample_count=values.samples,
            sum_stat=values.total,
            dimensions=[{"Name": name, "Value": value} for name, value in metric.dimensions],
            timestamp=clock.real_time(minute),
        )
        self.values = values


class EndpointMetrics(CloudWatchMetricProvider):
    """moto asks its subclasses for what AWS's services put."""

    @staticmethod
    def get_cloudwatch_metrics(account_id: str, region: str) -> Any:
        """Return the metrics of an account and Region, minute by minute."""
        return [
            EndpointDatum(metric, minute, as_cloudwatch_has_it(metric, values))
            for metric, minute, values in STORE.by_minute((account_id, region))
        ]
