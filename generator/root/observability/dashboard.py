# SPDX-License-Identifier: Apache-2.0
"""The dashboard: how pipelines, jobs and monitors end, how API and functions do, how the endpoints do.

Whatever pipelines make appears by itself: what differs from pipeline to pipeline is found by search expressions.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, get_args

from troposphere import Sub, Template, cloudwatch

from generator.monitoring import open_metrics
from generator.resources import rest_apis
from generator.root import api
from generator.root.observability import notifications
from orchestrator import metrics
from orchestrator.answers.work import StateName
from orchestrator.sagemaker.job_kinds import ENDED

_NAME: Final = "${AWS::StackName}-${AWS::Region}"
"""Dashboards belong to the account, in all Regions."""
_COLUMNS: Final = 3
_WIDTH: Final = 8
_HEIGHT: Final = 6
_MINUTES: Final = 300
_HOUR: Final = 3600
_QUALITY: Final = ("accuracy", "auc", "f1", "mae", "r2", "rmse")
"""Metrics of model quality that are shown, of the open engine's namespace for all kinds."""

Widget = dict[str, Any]


def add_to(template: Template, functions: Sequence[str], *, has_approvals: bool) -> None:
    """Add the dashboard."""
    widgets = [*_work(), *_api(), *_functions(functions), *_endpoints(), *_monitors()]
    if has_approvals:
        widgets.append(_approvals())
    template.add_resource(dashboard(widgets))


def dashboard(widgets: Sequence[Widget]) -> cloudwatch.Dashboard:
    """The widgets from left to right and from top to bottom."""
    placed = [
        {
            "type": "metric",
            "x": place % _COLUMNS * _WIDTH,
            "y": place // _COLUMNS * _HEIGHT,
            "width": _WIDTH,
            "height": _HEIGHT,
            "properties": widget,
        }
        for place, widget in enumerate(widgets)
    ]
    body = json.dumps({"start": "-PT24H", "widgets": placed}, separators=(",", ":"))
    return cloudwatch.Dashboard("Dashboard", DashboardName=Sub(_NAME), DashboardBody=Sub(body))


def _widget(title: str, measured: Iterable[list[Any]], **properties: Any) -> Widget:
    return {
        "title": title,
        "region": "${AWS::Region}",
        "view": "timeSeries",
        "metrics": list(measured),
        **properties,
    }


def _counted(title: str, measured: Iterable[list[Any]]) -> Widget:
    return _widget(title, measured, stat="Sum", period=_HOUR, stacked=True)


def _work() -> Iterator[Widget]:
    """Widgets of the metrics that the orchestrator counts itself."""
    told = get_args(StateName)
    yield _counted("Pipelines by what people were told", (_own(metrics.STATES_TOLD, ("state",), name) for name in told))
    states = ["SUCCEEDED", "FAILED", "STOPPED", "SUPERSEDED", "CANCELED"]
    yield _counted("Pipelines by state", (_own(metrics.PIPELINES_ENDED, ("pipeline_type", "state"), s) for s in states))
    asked = [metrics.PROVISIONED, metrics.REFUSED, metrics.FAILED]
    yield _counted("Requests", (_own(name, ("pipeline_type",)) for name in asked))
    yield _counted("Jobs by outcome", (_own(metrics.JOBS_ENDED, ("pipeline_type", "outcome"), end) for end in ENDED))
    outcomes = ["accepted", "partly accepted", "refused", "failed"]
    yield _counted("Configurations by outcome", (_own(metrics.CONFIGURATIONS, ("outcome",), end) for end in outcomes))


def _own(name: str, dimensions: Sequence[str], value: str = "", label: str = "") -> list[Any]:
    """The sum of a metric of the orchestrator over everything but the last dimension, which has a value if given."""
    schema = _schema(metrics.NAMESPACE, *dimensions, "service")
    wanted = f' {dimensions[-1]}="{value}"' if value else ""
    found = f'{schema} MetricName="{name}" service="${{AWS::StackName}}"{wanted}'
    return _expression(f"SUM(SEARCH('{found}', 'Sum', {_HOUR}))", label or value or name)


def _schema(namespace: str, *dimensions: str) -> str:
    """A metric schema. CloudWatch wants quotes around names that are not letters and digits alone (lesson 113)."""
    return "{" + ",".join(f'"{name}"' for name in (namespace, *dimensions)) + "}"


def _expression(expression: str, label: str = "") -> list[Any]:
    return [{"expression": expression, **({"label": label} if label else {})}]


def _api() -> Iterator[Widget]:
    called = ["AWS/ApiGateway", "Count", "ApiName", api.API.full_name(), "Stage", rest_apis.STAGE]

    def of(name: str, **options: str) -> list[Any]:
        return [called[0], name, *called[2:], *([options] if options else [])]

    yield _widget("API: calls and errors", [of("Count"), of("4XXError"), of("5XXError")], stat="Sum", period=_MINUTES)
    latencies = [of("Latency", stat="p50"), of("Latency", stat="p95")]
    yield _widget("API: latency (ms)", latencies, period=_MINUTES)


def _functions(functions: Sequence[str]) -> Iterator[Widget]:
    def of(*names: str) -> list[list[Any]]:
        return [["AWS/Lambda", name, "FunctionName", f"${{{function}}}"] for function in functions for name in names]

    yield _widget("Functions: errors and throttles", of("Errors", "Throttles"), stat="Sum", period=_MINUTES)
    yield _widget("Functions: duration (ms)", of("Duration"), stat="p95", period=_MINUTES)
    queue = f"${{{notifications.DEAD_LETTERS}.QueueName}}"
    waiting = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue]
    yield _widget("Events that could not be processed", [waiting], stat="Maximum", period=_MINUTES)


def _endpoints() -> Iterator[Widget]:
    """Every endpoint of this account and Region, also those whose names people chose."""

    def of(name: str, statistic: str) -> list[Any]:
        found = f'{_schema("AWS/SageMaker", "EndpointName", "VariantName")} MetricName="{name}"'
        return _expression(f"SEARCH('{found}', '{statistic}', {_MINUTES})")

    yield _widget("Endpoints: invocations", [of("Invocations", "Sum")])
    yield _widget("Endpoints: errors", [of("Invocation4XXErrors", "Sum"), of("Invocation5XXErrors", "Sum")])
    yield _widget("Endpoints: latency of the model (microseconds)", [of("ModelLatency", "p95")])


def _monitors() -> Iterator[Widget]:
    """Runs of monitors, what they found, and the quality of models, by the metrics of both engines."""
    told = {"Completed": "violations", "Failed": "failed", "Stopped": "stopped"}
    runs = (_own(metrics.MONITOR_RUNS, ("pipeline_type", "outcome"), end, label) for end, label in told.items())
    yield _counted("Runs of monitors: violations and failures", runs)
    found = _of_monitors(open_metrics.NAMESPACE, "Sum", open_metrics.VIOLATIONS)
    yield _widget("Violations by monitor", [found])
    quality = [
        _of_monitors("aws/sagemaker/Endpoints/model-metrics", "Average"),
        _of_monitors(open_metrics.NAMESPACE, "Average", *_QUALITY),
    ]
    yield _widget("Quality of models", quality)


def _of_monitors(namespace: str, statistic: str, *names: str) -> list[Any]:
    """Metrics of all monitors of this account and Region, each a line; all metrics when none are named."""
    any_of = " OR ".join(f'MetricName="{name}"' for name in names)
    wanted = f" ({any_of})" if len(names) > 1 else f" {any_of}".rstrip()
    found = f"{_schema(namespace, 'Endpoint', 'MonitoringSchedule')}{wanted}"
    return _expression(f"SEARCH('{found}', '{statistic}', {_HOUR})")


def _approvals() -> Widget:
    oldest = [metrics.NAMESPACE, metrics.OLDEST_APPROVAL, "service", "${AWS::StackName}"]
    return _widget("Oldest approval that waits (s)", [oldest], stat="Maximum", period=_HOUR)
