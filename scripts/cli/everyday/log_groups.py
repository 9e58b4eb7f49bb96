# SPDX-License-Identifier: Apache-2.0
"""Log groups of a pipeline's work, and their lines.

https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from mlops_orchestrator.aws.aws_access import Aws
from orchestrator.sagemaker import deployed_outputs, job_kinds
from scripts.cli.everyday.work import Work

_NEWEST_RUNS: Final = 5
_BY_NAME: Final = {"AWS::Lambda::Function": "/aws/lambda/", "AWS::CodeBuild::Project": "/aws/codebuild/"}


@dataclass(frozen=True)
class LogGroup:
    """Log group, or the streams of one whose names begin with `streams`."""

    name: str
    streams: str = ""
    is_own: bool = False
    """Whether the stack made it, for its functions."""


@dataclass(frozen=True)
class Line:
    """Line of a log."""

    id: str
    at: datetime
    group: str
    message: str

    def description(self) -> dict[str, str]:
        """Return the line as JSON output has it."""
        return {"time": self.at.isoformat(), "log_group": self.group, "message": self.message}


def of(deployed: Work) -> Iterator[LogGroup]:
    """Yield the groups of endpoint, job, the newest runs of a monitor, and functions."""
    if name := deployed.outputs.get(deployed_outputs.ENDPOINT):
        yield LogGroup(f"/aws/sagemaker/Endpoints/{name}")
    for kind in job_kinds.ALL:
        if kind.output in deployed.outputs:
            name = deployed.outputs[kind.output].rsplit("/", maxsplit=1)[-1]
            yield from (LogGroup(group, name) for group in kind.log_groups)
    resources = list(deployed.resources())
    # Functions and builds with a group of their own do not write to the one that they would have otherwise.
    own = [LogGroup(name, is_own=True) for resource_type, name in resources if resource_type == "AWS::Logs::LogGroup"]
    yield from own
    for resource_type, name in resources:
        if resource_type in _BY_NAME and not own:
            yield LogGroup(f"{_BY_NAME[resource_type]}{name}")
        elif resource_type == "AWS::SageMaker::MonitoringSchedule":
            yield from (LogGroup("/aws/sagemaker/ProcessingJobs", job) for job in _runs(deployed.aws, name))


def _runs(aws: Aws, schedule: str) -> Iterator[str]:
    """Yield the names of a schedule's newest processing jobs."""
    listed = aws.client("sagemaker").list_monitoring_executions(
        MonitoringScheduleName=schedule.rsplit("/", maxsplit=1)[-1],
        SortBy="ScheduledTime",
        SortOrder="Descending",
        MaxResults=_NEWEST_RUNS,
    )
    for run in listed["MonitoringExecutionSummaries"]:
        if arn := run.get("ProcessingJobArn"):
            yield arn.rsplit("/", maxsplit=1)[-1]


def lines(aws: Aws, group: LogGroup, since_ms: int, pattern: str = "") -> Iterator[Line]:
    """Yield the lines since a time in milliseconds, in order; none while there is no such group."""
    client = aws.client("logs")
    asked: dict[str, Any] = {"logGroupName": group.name, "startTime": since_ms}
    asked |= {"logStreamNamePrefix": group.streams} if group.streams else {}
    asked |= {"filterPattern": pattern} if pattern else {}
    try:
        for page in client.get_paginator("filter_log_events").paginate(**asked):
            for event in page["events"]:
                at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
                yield Line(event["eventId"], at, group.name, event["message"].rstrip("\n"))
    except client.exceptions.ResourceNotFoundException:
        return
