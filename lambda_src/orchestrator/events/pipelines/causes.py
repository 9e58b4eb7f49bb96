# SPDX-License-Identifier: Apache-2.0
"""Cause of a failed pipeline or stage: from the failed action, and from the service behind it.

    deployment in this account   CloudFormation's first failing resource and its reason
    deployment of a stage        what the stage deployer reported: each failed account with its reason
    image build                  the phase of the build that failed, and its log
    approval                     the comment of the rejection, or the expiry without a decision

For any other action it is CodePipeline's own error message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from orchestrator.aws import builds
from orchestrator.aws.cloudformation import stack_events
from orchestrator.aws.cloudwatch import alarms
from orchestrator.aws.codepipeline import action_executions
from orchestrator.aws.codepipeline.action_executions import ActionExecution
from orchestrator.errors import OrchestratorError
from orchestrator.events.pipelines.ends import End


@dataclass(frozen=True)
class Cause:
    """The cause of a failure."""

    stage: str
    """The stage of the pipeline in which it failed, e.g. `DeployDev`."""
    action: str
    reason: str
    stack: str = ""
    """ARN of the stack whose events have details."""
    log: str = ""
    """Address of a log that has details."""
    is_decision: bool = False
    """Whether a person rejected an approval."""
    is_expiry: bool = False
    """Whether an approval expired without a decision."""


def find(end: End, approval_timeout: timedelta) -> Cause | None:
    """Return the cause of an end; `None` if no action failed. Raises the errors of `orchestrator.errors`.

    `approval_timeout` is the time after which an approval expires.
    """
    failed = action_executions.newest_failed(end.pipeline, end.execution, end.action_execution)
    if failed is None:
        return None
    if _has_expired(failed, approval_timeout):
        reason = f"nobody approved or rejected it within {_in_words(approval_timeout)}"
        return Cause(failed.stage, failed.action, reason, is_expiry=True)
    return _EXPLAINED.get(failed.provider, _as_it_says)(failed)


def _as_it_says(failed: ActionExecution) -> Cause:
    return Cause(failed.stage, failed.action, failed.error or failed.summary or "CodePipeline gives no reason")


def _by_stack(failed: ActionExecution) -> Cause:
    said = _as_it_says(failed)
    if not failed.external_id.startswith("arn:"):
        # The template or the request was refused before there was a stack.
        return said
    first = stack_events.first_failure(failed.external_id, failed.started_at)
    reason = _with_alarms(first, failed.external_id) if first else said.reason
    return Cause(said.stage, said.action, reason, stack=failed.external_id)


def _with_alarms(reason: str, stack: str) -> str:
    """Add the stack's own alarms that are on to a reason of its endpoint that names none: they took the update back."""
    if _ENDPOINT not in reason or "alarm" in reason.lower():
        return reason
    try:
        on = alarms.firing(f"{stack.split('/')[1]}-")
    except OrchestratorError:
        return reason
    return f"{reason.rstrip('.')}. In ALARM now: {', '.join(on)}" if on else reason


def _by_build(failed: ActionExecution) -> Cause:
    said = _as_it_says(failed)
    found = builds.failure(failed.external_id) if failed.external_id else None
    if found is None:
        return said
    return Cause(said.stage, said.action, f"phase {found.phase} of the build: {found.reason}", log=found.log)


def _by_person(failed: ActionExecution) -> Cause:
    words = failed.summary or failed.error
    reason = f"it was rejected: {words}" if words else "it was rejected"
    return Cause(failed.stage, failed.action, reason, is_decision=True)


def _has_expired(failed: ActionExecution, timeout: timedelta) -> bool:
    """True if an approval lasted its time-out without a comment of a rejection; CodePipeline has no code for it."""
    return failed.provider == _APPROVAL and not failed.summary and failed.lasted >= timeout


def _in_words(time: timedelta) -> str:
    minutes = time // timedelta(minutes=1)
    size, unit = next((size, unit) for size, unit in _UNITS if minutes % size == 0)
    return f"{minutes // size} {unit}{'' if minutes == size else 's'}"


_APPROVAL: Final = "Manual"
_ENDPOINT: Final = "(AWS::SageMaker::Endpoint)"
_UNITS: Final = ((24 * 60, "day"), (60, "hour"), (1, "minute"))
"""In minutes, longest first."""

_EXPLAINED: Final[Mapping[str, Callable[[ActionExecution], Cause]]] = {
    "CloudFormation": _by_stack,
    "CodeBuild": _by_build,
    _APPROVAL: _by_person,
}
"""By the provider of the action."""
