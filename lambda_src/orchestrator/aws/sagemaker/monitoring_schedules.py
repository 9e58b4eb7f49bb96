# SPDX-License-Identifier: Apache-2.0
"""Monitoring schedules of this account, and their executions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from orchestrator.aws.calls import calling, client


def describe(name: str) -> dict[str, Any]:
    """Return the response of DescribeMonitoringSchedule, with the last run.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeMonitoringSchedule.html
    """
    with calling(f"describe the monitoring schedule {name}"):
        answer: dict[str, Any] = client("sagemaker").describe_monitoring_schedule(MonitoringScheduleName=name)
    return answer


def executions(name: str, most: int, token: str = "") -> tuple[list[dict[str, Any]], str]:
    """Return a page of a schedule's executions, the newest first, and where the next begins, or nothing.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListMonitoringExecutions.html
    """
    page = {"MonitoringScheduleName": name, "SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": most}
    with calling(f"list the executions of the monitoring schedule {name}"):
        answer = client("sagemaker").list_monitoring_executions(**page, **({"NextToken": token} if token else {}))
    return list(answer["MonitoringExecutionSummaries"]), str(answer.get("NextToken", ""))


def executions_since(earliest: datetime) -> Iterator[Mapping[str, Any]]:
    """Yield the executions of all schedules that were due after a time, the newest first."""
    request = {"ScheduledTimeAfter": earliest, "MaxResults": 100, "SortBy": "ScheduledTime", "SortOrder": "Descending"}
    with calling("list the executions of monitoring schedules"):
        for page in client("sagemaker").get_paginator("list_monitoring_executions").paginate(**request):
            yield from page["MonitoringExecutionSummaries"]
