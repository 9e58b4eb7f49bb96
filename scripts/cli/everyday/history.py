# SPDX-License-Identifier: Apache-2.0
"""What happened to a pipeline: its stacks, executions, approvals and job, each told by the service that did it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from botocore import xform_name
from botocore.exceptions import ClientError

from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.aws.stack_following import Follower, StackEvent
from orchestrator.sagemaker import job_kinds
from orchestrator.sagemaker.job_kinds import JobKind

_APPROVAL: Final = "Approval"
_DECISIONS: Final = {"Succeeded": "Approved", "Failed": "Rejected"}


@dataclass(frozen=True)
class Event:
    """Something that happened."""

    at: datetime
    what: str
    state: str
    detail: str = ""

    def description(self, pipeline: str) -> dict[str, str]:
        """Return the event as JSON output has it."""
        told = {"time": self.at.isoformat(), "pipeline": pipeline, "what": self.what}
        return {**told, "state": self.state, "detail": self.detail}


@dataclass
class History:
    """Events of a pipeline, from the API's details of it, and what the caller may not see."""

    aws: Aws
    details: Mapping[str, Any]
    hidden: list[str] = field(default_factory=list)

    def events(self) -> list[Event]:
        """Return all events in the order of time."""
        found = [event for source in self._sources() for event in self._seen(source)]
        return sorted(found, key=lambda event: event.at)

    def _sources(self) -> Iterator[Callable[[], Iterator[Event]]]:
        own, deployed = self.details["pipeline_id"], self.details["stack"]
        yield lambda: _of_stack(self.aws, own, "pipeline's stack")
        if deployed is not None and deployed["stack_id"] != own:
            yield lambda: _of_stack(self.aws, deployed["stack_id"], "stack")
        if state := self.details["pipeline"]:
            yield lambda: _of_executions(self.aws, state["pipelineName"])
            yield lambda: _of_actions(self.aws, state["pipelineName"])
        if job := self.details["job"]:
            yield lambda: _of_job(self.aws, job)

    def _seen(self, source: Callable[[], Iterator[Event]]) -> list[Event]:
        try:
            return list(source())
        except ClientError as error:
            answer = error.response["Error"]
            self.hidden.append(f"{error.operation_name}: {answer.get('Message') or answer.get('Code')}")
            return []


def _of_stack(aws: Aws, arn: str, words: str) -> Iterator[Event]:
    """Yield the states of a stack, and the failures of what is in it."""
    for event in Follower(aws.client("cloudformation"), arn).history():
        if event.of_stack:
            yield Event(event.at, words, event.status, event.reason)
        elif event.is_failure:
            yield Event(event.at, f"{words}: {_resource(event)}", event.status, event.reason)


def _resource(event: StackEvent) -> str:
    return f"{event.logical_id} ({event.resource_type})"


def _of_executions(aws: Aws, pipeline: str) -> Iterator[Event]:
    pages = aws.client("codepipeline").get_paginator("list_pipeline_executions").paginate(pipelineName=pipeline)
    for page in pages:
        for run in page["pipelineExecutionSummaries"]:
            trigger = run.get("trigger", {})
            started_by = " by ".join(
                part for part in (trigger.get("triggerType"), trigger.get("triggerDetail")) if part
            )
            what = f"execution {run['pipelineExecutionId'][:8]}"
            yield Event(run["startTime"], what, "Started", started_by)
            if run["status"] != "InProgress":
                yield Event(run["lastUpdateTime"], what, run["status"], run.get("statusSummary", ""))


def _of_actions(aws: Aws, pipeline: str) -> Iterator[Event]:
    pages = aws.client("codepipeline").get_paginator("list_action_executions").paginate(pipelineName=pipeline)
    for page in pages:
        for run in page["actionExecutionDetails"]:
            yield _of_action(run)


def _of_action(run: Mapping[str, Any]) -> Event:
    what = f"{run['stageName']}/{run['actionName']}"
    result = run.get("output", {}).get("executionResult", {})
    detail = result.get("errorDetails", {}).get("message") or result.get("externalExecutionSummary") or ""
    if run["input"]["actionTypeId"]["category"] != _APPROVAL:
        return Event(run["lastUpdateTime"], what, run["status"], detail)
    if run["status"] == "InProgress":
        return Event(run["startTime"], what, "Waiting", "a person must decide")
    by = run.get("updatedBy", "").rsplit(":", maxsplit=1)[-1]
    decision = _DECISIONS.get(run["status"], run["status"]) if by else run["status"]
    return Event(run["lastUpdateTime"], what, decision, ": ".join(part for part in (by and f"by {by}", detail) if part))


def _of_job(aws: Aws, job: Mapping[str, Any]) -> Iterator[Event]:
    kind = job_kinds.in_words(job["kind"])
    call = getattr(aws.client("sagemaker"), xform_name(f"Describe{kind.noun}"))
    described = call(**{f"{kind.noun}Name": job["name"]})
    what = f"{kind.words} {job['name']}"
    for name, moment in described.items():
        if isinstance(moment, datetime):
            yield from _of_moment(kind, what, name, described)
    for step in described.get("SecondaryStatusTransitions", ()):
        yield Event(step["StartTime"], what, step["Status"], step.get("StatusMessage", ""))


def _of_moment(kind: JobKind, what: str, name: str, described: Mapping[str, Any]) -> Iterator[Event]:
    """Yield what a time in a job's description tells."""
    if name == "CreationTime":
        yield Event(described[name], what, "Created")
    elif name.endswith("StartTime"):
        yield Event(described[name], what, "Started")
    elif name.endswith("EndTime"):
        yield Event(described[name], what, described[f"{kind.noun}Status"], described.get("FailureReason", ""))
