# SPDX-License-Identifier: Apache-2.0
"""Why a pipeline or a stage has failed: what the failed action says, and what the service behind it says.

    deployment in this account   CloudFormation's first failing resource and its reason
    deployment of a stage        what the stage deployer reported: each failed account with its reason
    image build                  the phase of the build that failed, and its log
    approval                     what the person said who rejected it

Anything else is told in CodePipeline's own words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.aws import action_executions, builds, stack_events
from orchestrator.aws.action_executions import ActionExecution
from orchestrator.pipeline_ends import End


@dataclass(frozen=True)
class Cause:
    """Why it failed."""

    stage: str
    """The stage of the pipeline in which it failed, e.g. `DeployDev`."""
    action: str
    reason: str
    stack: str = ""
    """ARN of the stack whose events tell more."""
    log: str = ""
    """Address of a log that tells more."""
    is_decision: bool = False
    """Whether a person has decided so."""


def find(end: End) -> Cause | None:
    """The cause of an end; `None` if no action failed. Raises the errors of `orchestrator.errors`."""
    failed = action_executions.newest_failed(end.pipeline, end.execution, end.action_execution)
    if failed is None:
        return None
    return _EXPLAINED.get(failed.provider, _as_it_says)(failed)


def _as_it_says(failed: ActionExecution) -> Cause:
    return Cause(failed.stage, failed.action, failed.error or failed.summary or "CodePipeline gives no reason")


def _by_stack(failed: ActionExecution) -> Cause:
    said = _as_it_says(failed)
    if not failed.external_id.startswith("arn:"):
        # What is wrong with the template or the request was seen before there was a stack.
        return said
    first = stack_events.first_failure(failed.external_id, failed.started_at)
    return Cause(said.stage, said.action, first or said.reason, stack=failed.external_id)


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


_EXPLAINED: Final[Mapping[str, Callable[[ActionExecution], Cause]]] = {
    "CloudFormation": _by_stack,
    "CodeBuild": _by_build,
    "Manual": _by_person,
}
"""By the provider of the action."""
