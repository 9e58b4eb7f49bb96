# SPDX-License-Identifier: Apache-2.0
"""SageMaker's monitoring schedules, which moto lacks: they are stored, and fire only on request (`monitor_runs`).

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateMonitoringSchedule.html
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.sagemaker.exceptions import ResourceInUseException, ResourceNotFound, ValidationError

from scripts.local_aws import identity, request_constraints
from scripts.local_aws.sagemaker.jobs import job_lists
from scripts.local_aws.sagemaker.jobs.job_lists import Order
from scripts.local_aws.sagemaker.jobs.job_records import THREADS, now
from scripts.local_aws.sagemaker.jobs.processing.processing_jobs import ProcessingJob
from scripts.local_aws.sagemaker.monitors.monitor_definitions import KINDS, JobDefinition, MonitorDefinitions

_NOUN = "MonitoringSchedule"
_ARN = "monitoring-schedule"
_NEWEST_FIRST = Order("CreationTime", "Descending")


@dataclass(frozen=True)
class Execution:
    """Run of a schedule: the time that it was for, and its processing job."""

    scheduled_time: datetime
    job: ProcessingJob

    @property
    def status(self) -> str:
        """Status of the job, or CompletedWithViolations if its exit message begins so."""
        violated = "CompletedWithViolations"
        return (
            violated
            if self.job.status == "Completed" and self.job.exit_message.startswith(violated)
            else self.job.status
        )


@dataclass
class MonitoringSchedule:
    """Schedule with its request (the API's parameters), what it monitors, and its runs, oldest first."""

    request: Mapping[str, Any]
    arn: str
    definition: JobDefinition
    creation_time: datetime = field(default_factory=now)
    last_modified_time: datetime = field(default_factory=now)
    executions: list[Execution] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tags: list[dict[str, str]] = list(self.request.get("Tags") or [])

    @property
    def name(self) -> str:
        """Name of the schedule, as requested."""
        return str(self.request["MonitoringScheduleName"])

    def record(self) -> dict[str, Any]:
        """Return all members of descriptions and lists."""
        whole = {
            "MonitoringScheduleName": self.name,
            "MonitoringScheduleArn": self.arn,
            "MonitoringScheduleStatus": "Scheduled",
            "MonitoringScheduleConfig": self.request["MonitoringScheduleConfig"],
            "CreationTime": self.creation_time,
            "LastModifiedTime": self.last_modified_time,
        } | self._monitored()
        if self.executions:
            whole["LastMonitoringExecutionSummary"] = _only(self.summaries()[-1], "MonitoringExecutionSummary")
        return whole

    def summaries(self) -> list[dict[str, Any]]:
        """Return the members of lists of executions, oldest first."""
        return [
            {
                "MonitoringScheduleName": self.name,
                "MonitoringScheduleStatus": execution.status,
                "MonitoringExecutionStatus": execution.status,
                "ScheduledTime": execution.scheduled_time,
                "CreationTime": execution.job.creation_time,
                "LastModifiedTime": execution.job.last_modified_time,
                "ProcessingJobArn": execution.job.arn,
                **({"FailureReason": execution.job.failure_reason} if execution.job.failure_reason else {}),
                **self._monitored(),
            }
            for execution in self.executions
        ]

    def _monitored(self) -> dict[str, Any]:
        return {
            "EndpointName": self.definition.endpoint_name,
            "MonitoringJobDefinitionName": self.definition.name,
            "MonitoringType": self.definition.kind.prefix,
        }


class MonitoringSchedules(MonitorDefinitions):
    """Part of the backend that keeps monitoring schedules."""

    @functools.cached_property
    def monitoring_schedules(self) -> dict[str, MonitoringSchedule]:
        """The schedules by name; moto's reset of a backend removes them, too."""
        return {}

    def create_monitoring_schedule(self, request: Mapping[str, Any]) -> MonitoringSchedule:
        """Check a request as CreateMonitoringSchedule does, and store the schedule. Raise SageMaker's errors."""
        definition = self._monitored_by("CreateMonitoringSchedule", request)
        name = request["MonitoringScheduleName"]
        schedule = MonitoringSchedule(request, self._arn(_ARN, name), definition)
        if self._is_taken(name, self.monitoring_schedules):
            raise ResourceInUseException(f"Monitoring schedule already exists: {schedule.arn}")
        self.monitoring_schedules[name] = schedule
        return schedule

    def update_monitoring_schedule(self, request: Mapping[str, Any]) -> MonitoringSchedule:
        """Change the configuration of a schedule. Raise SageMaker's errors."""
        schedule = self.find_schedule(request["MonitoringScheduleName"])
        definition = self._monitored_by("UpdateMonitoringSchedule", request)
        schedule.request, schedule.definition = {**schedule.request, **request}, definition
        schedule.last_modified_time = now()
        return schedule

    def describe_monitoring_schedule(self, name: str) -> dict[str, Any]:
        """Return the answer of DescribeMonitoringSchedule. Raise ResourceNotFound."""
        schedule = self.find_schedule(name)
        with THREADS.changed:
            return _only(schedule.record(), "DescribeMonitoringScheduleResponse")

    def list_monitoring_schedules(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer of ListMonitoringSchedules. Raise ValidationError."""
        records = [one.record() for one in self.monitoring_schedules.values()]
        wanted = [one for one in records if _is_monitored(one, request)]
        return job_lists.page("ListMonitoringSchedules", _NOUN, _NEWEST_FIRST, wanted, request)

    def list_monitoring_executions(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer of ListMonitoringExecutions. Raise ValidationError."""
        with THREADS.changed:
            summaries = [one for schedule in self.monitoring_schedules.values() for one in schedule.summaries()]
        wanted = [
            one
            for one in summaries
            if request.get("MonitoringScheduleName") in (None, one["MonitoringScheduleName"])
            and _is_monitored(one, request)
            and _is_scheduled_between(one["ScheduledTime"], request)
        ]
        return job_lists.page("ListMonitoringExecutions", _NOUN, _NEWEST_FIRST, wanted, request)

    def delete_monitoring_schedule(self, name: str) -> None:
        """Remove a schedule and its runs; their processing jobs stay. Raise ResourceNotFound."""
        del self.monitoring_schedules[self.find_schedule(name).name]

    def find_schedule(self, name: str) -> MonitoringSchedule:
        """Return the schedule of this name. Raise ResourceNotFound."""
        schedule = self.monitoring_schedules.get(name)
        if schedule is None:
            raise ResourceNotFound(f'Could not find monitoring schedule "{self._arn(_ARN, name)}".')
        return schedule

    def _get_resource_from_arn(self, arn: str) -> Any:
        """Find a tagged resource: also schedules, which moto lacks, and definitions by their ARNs in lower case."""
        definitions = (one for kind in KINDS for one in self.definitions_of(kind).values())
        kept: list[Any] = [*self.monitoring_schedules.values(), *definitions]
        found = (one for one in kept if one.arn == arn.lower())
        return next(found, None) or super()._get_resource_from_arn(arn)

    def _monitored_by(self, operation: str, request: Mapping[str, Any]) -> JobDefinition:
        """Return the job definition of a schedule, after checking that the schedule can be fired."""
        problem = request_constraints.violations("sagemaker", operation, request)
        if problem:
            raise ValidationError(problem)
        config = request["MonitoringScheduleConfig"]
        name, monitoring_type = config.get("MonitoringJobDefinitionName"), config.get("MonitoringType")
        if not name or not monitoring_type or "MonitoringJobDefinition" in config:
            raise ValidationError(
                "The local AWS schedules job definitions that are named by MonitoringJobDefinitionName and "
                "MonitoringType, and no others."
            )
        kind = next(kind for kind in KINDS if kind.prefix == monitoring_type)
        try:
            definition = self.find_definition(kind, name)
        except ResourceNotFound as error:
            raise ValidationError(error.message) from error
        if not definition.endpoint_name:
            raise ValidationError("The local AWS runs monitors of endpoints, not of batch transforms.")
        self._found("endpoint", definition.endpoint_name, self.endpoints, "endpoint")
        return definition


def _is_monitored(one: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    filters = {
        "EndpointName": "EndpointName",
        "MonitoringJobDefinitionName": "MonitoringJobDefinitionName",
        "MonitoringTypeEquals": "MonitoringType",
    }
    return all(request.get(name) in (None, one.get(member)) for name, member in filters.items())


def _is_scheduled_between(time: datetime, request: Mapping[str, Any]) -> bool:
    after, before = request.get("ScheduledTimeAfter"), request.get("ScheduledTimeBefore")
    return (after is None or time > datetime.fromtimestamp(after, UTC)) and (
        before is None or time < datetime.fromtimestamp(before, UTC)
    )


def _only(record: Mapping[str, Any], shape: str) -> dict[str, Any]:
    members = identity.service_model("sagemaker").shape_for(shape).members
    return {name: value for name, value in record.items() if name in members}


class MonitoringSchedulesResponse(BaseResponse):
    """Operations on monitoring schedules and their executions."""

    sagemaker_backend: Any

    def create_monitoring_schedule(self) -> ActionResult:
        """Serve CreateMonitoringSchedule."""
        schedule = self.sagemaker_backend.create_monitoring_schedule(json.loads(self.body))
        return ActionResult({"MonitoringScheduleArn": schedule.arn})

    def update_monitoring_schedule(self) -> ActionResult:
        """Serve UpdateMonitoringSchedule."""
        schedule = self.sagemaker_backend.update_monitoring_schedule(json.loads(self.body))
        return ActionResult({"MonitoringScheduleArn": schedule.arn})

    def describe_monitoring_schedule(self) -> ActionResult:
        """Serve DescribeMonitoringSchedule."""
        return ActionResult(self.sagemaker_backend.describe_monitoring_schedule(self._schedule_name))

    def list_monitoring_schedules(self) -> ActionResult:
        """Serve ListMonitoringSchedules."""
        return ActionResult(self.sagemaker_backend.list_monitoring_schedules(json.loads(self.body)))

    def list_monitoring_executions(self) -> ActionResult:
        """Serve ListMonitoringExecutions."""
        return ActionResult(self.sagemaker_backend.list_monitoring_executions(json.loads(self.body)))

    def delete_monitoring_schedule(self) -> ActionResult:
        """Serve DeleteMonitoringSchedule."""
        self.sagemaker_backend.delete_monitoring_schedule(self._schedule_name)
        return EmptyResult()

    @property
    def _schedule_name(self) -> str:
        return str(self._get_param("MonitoringScheduleName"))
