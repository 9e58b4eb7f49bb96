# SPDX-License-Identifier: Apache-2.0
"""The orchestrator's CloudWatch metrics, each written as one line of the log.

Powertools, which the logger loads anyway, writes the lines in CloudWatch's embedded metric format. It adds the
dimension `service`, the root stack's name, from the function's environment.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html
"""

from __future__ import annotations

from typing import Final, Literal

NAMESPACE: Final = "MLOpsWorkloadOrchestrator"
PROVISIONED: Final = "Provisioned"
REFUSED: Final = "Refused"
FAILED: Final = "Failed"
PIPELINES_ENDED: Final = "PipelinesEnded"
JOBS_ENDED: Final = "JobsEnded"
MONITOR_RUNS: Final = "MonitorRunsReported"
STATES_TOLD: Final = "StatesTold"
CONFIGURATIONS: Final = "ConfigurationsProcessed"
OLDEST_APPROVAL: Final = "OldestApprovalSeconds"

UNKNOWN: Final = "unknown"
"""Value for an unknown pipeline type: each text in a dimension would create a metric of its own."""


def count(name: str, **dimensions: str) -> None:
    """Count one; an empty dimension becomes `unknown`."""
    _write(name, "Count", 1, dimensions)


def seconds(name: str, value: float) -> None:
    """Write a duration."""
    _write(name, "Seconds", value, {})


def _write(name: str, unit: Literal["Count", "Seconds"], value: float, dimensions: dict[str, str]) -> None:
    # Whoever wants the names alone, as the generator does, is not made to load it.
    from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit  # noqa: PLC0415

    line = EphemeralMetrics(namespace=NAMESPACE)
    for dimension, text in dimensions.items():
        line.add_dimension(dimension, text or UNKNOWN)
    line.add_metric(name, MetricUnit(unit), value)
    line.flush_metrics()
