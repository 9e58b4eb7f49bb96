# SPDX-License-Identifier: Apache-2.0
"""Monitoring schedules of this account."""

from __future__ import annotations

from typing import Any

from orchestrator.aws.calls import calling, client


def describe(name: str) -> dict[str, Any]:
    """Return the response of DescribeMonitoringSchedule, with the last run.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeMonitoringSchedule.html
    """
    with calling(f"describe the monitoring schedule {name}"):
        answer: dict[str, Any] = client("sagemaker").describe_monitoring_schedule(MonitoringScheduleName=name)
    return answer
