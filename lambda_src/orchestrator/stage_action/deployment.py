# SPDX-License-Identifier: Apache-2.0
"""Deployment of a stage by repeated calls: each reads the state, decides (`decisions.py`), acts and reports.

The function never waits. While an operation runs, CodePipeline calls again with the continuation token. Each call costs
one DescribeStackSetOperation, however many accounts there are. An operation's id consists of the job's id and the
number of operations before it, so a second delivery of a job starts nothing twice.

Managed execution of StackSets stays off: with it CloudFormation would queue our operation behind another one instead of
refusing it, and the decision would be outdated when it runs.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Final, assert_never

from orchestrator.aws.cloudformation import stack_sets
from orchestrator.aws.cloudformation.stack_sets import CallAs, Definition, Operation, StackSetName, Start
from orchestrator.aws.codepipeline import pipeline_jobs
from orchestrator.errors import ServiceBusyError
from orchestrator.stage_action import artifacts, decisions, outcomes, tested
from orchestrator.stage_action.decisions import (
    MOST_LOOKS,
    CreateInstances,
    Finished,
    Found,
    Impossible,
    LookAgain,
    Progress,
    Step,
    Update,
    Wanted,
)
from orchestrator.stage_action.jobs import Job, Stage
from orchestrator.stage_action.outcomes import Continued, Failed, Outcome, Succeeded
from orchestrator.stage_action.tested import Tell

_MOST_SETBACKS: Final = 20
"""About ten minutes of continuous throttling: CodePipeline calls about every half minute."""


@dataclass(frozen=True)
class _Deployment:
    """A parsed job, with its stage, StackSet and progress."""

    job: Job
    stage: Stage
    stack_set: StackSetName
    progress: Progress
    tell: Tell

    def continued(self, progress: Progress, summary: str) -> Continued:
        return Continued(summary, progress.operation, progress.token(self.stage.stackset_name))

    def later(self, why: str) -> Outcome:
        """Retry later, or fail after too many setbacks in a row."""
        progress = replace(self.progress, setbacks=self.progress.setbacks + 1)
        if progress.setbacks > _MOST_SETBACKS:
            return Failed(
                f"Given up after {progress.setbacks} attempts. {why}", progress.operation, "SystemUnavailable"
            )
        return self.continued(progress, why)


def advance(job: Job, call_as: CallAs, tell: Tell) -> Outcome:
    """Advance the job's stage; raises `UnusableJobError` and `ServiceRefusedError`. Throttling is retried later.

    `tell` returns what is known of a smoke test, and raises nothing: a deployment that has ended does not fail for it.
    """
    stage, progress = Stage.of(job.user_parameters), Progress.of(job.continuation_token)
    progress = replace(progress, begun=progress.begun or int(time.time()))
    deployment = _Deployment(job, stage, StackSetName(stage.stackset_name, call_as), progress, tell)
    try:
        return _poll(deployment) if deployment.progress.operation else _act(deployment)
    except ServiceBusyError as busy:
        return deployment.later(f"AWS is busy: it did not {busy.doing} ({busy.detail}).")


def _poll(deployment: _Deployment) -> Outcome:
    progress = deployment.progress
    operation = stack_sets.operation(deployment.stack_set, progress.operation)
    if operation.is_running:
        # The call succeeded, so the setbacks end.
        return deployment.continued(replace(progress, setbacks=0), _waiting(deployment, operation))
    if progress.own and not operation.went_well:
        return _explain(deployment, operation)
    return _act(deployment)


def _waiting(deployment: _Deployment, operation: Operation) -> str:
    whose = "" if deployment.progress.own else " somebody else started"
    return f"The operation{whose} on {deployment.stage.stackset_name} is {operation.status}."


def _explain(deployment: _Deployment, operation: Operation) -> Outcome:
    """Fail with each account's reason, as soon as the list of results is complete."""
    failures = stack_sets.failures(deployment.stack_set, operation.id)
    expected = operation.failed or (operation.status == "FAILED")
    if len(failures) < expected and deployment.progress.looks < MOST_LOOKS:
        return deployment.continued(
            deployment.progress.looked(), "The operation failed; its results are not listed yet."
        )
    return outcomes.failed_operation(deployment.stage, operation, failures)


def _act(deployment: _Deployment) -> Outcome:
    wanted = _wanted(deployment)
    found = _found_or_made(deployment, wanted)
    if found is None:
        return deployment.later("The StackSet is being created by somebody else.")
    step = decisions.decide(wanted, found, deployment.progress)
    return _carry_out(deployment, step, wanted.definition)


def _wanted(deployment: _Deployment) -> Wanted:
    stage = deployment.stage
    stored = deployment.job.artifact(stage.artifact)
    package = pipeline_jobs.artifact(stored.bucket, stored.key, deployment.job.credentials, artifacts.LONGEST_PACKAGE)
    definition = artifacts.definition(package, stage.template_file, stage.stage_params_file)
    return Wanted(definition, stage.org_ids, stage.account_ids, stage.regions)


def _found_or_made(deployment: _Deployment, wanted: Wanted) -> Found | None:
    """Return the StackSet, created empty if it did not exist; `None` if it was created by another meanwhile."""
    definition = stack_sets.definition_of(deployment.stack_set)
    if definition is not None:
        return Found(definition, stack_sets.instances_of(deployment.stack_set))
    created = stack_sets.create(deployment.stack_set, wanted.definition, deployment.job.id)
    return Found(wanted.definition, ()) if created is Start.STARTED else None


def _carry_out(deployment: _Deployment, step: Step, definition: Definition) -> Outcome:
    progress = deployment.progress
    match step:
        case CreateInstances() | Update():
            return _start(deployment, step, definition)
        case LookAgain():
            return deployment.continued(progress.looked(), "The operation has ended; its results are not listed yet.")
        case Impossible(problems):
            return outcomes.impossible(deployment.stage, problems, progress.operation)
        case Finished():
            return _finish(deployment, definition)
        case _:
            assert_never(step)


def _finish(deployment: _Deployment, definition: Definition) -> Outcome:
    """Succeed as soon as it is known what the smoke test has found, or after a while without that."""
    progress = deployment.progress
    test = tested.of(definition, deployment.stage.account_ids, progress.begun)
    told = deployment.tell(test) if test else tested.UNTESTED
    # Where nothing was to do, nothing was asked.
    if progress.operation and not told.is_whole and progress.waits < tested.MOST_WAITS:
        waiting = replace(progress, waits=progress.waits + 1, setbacks=0)
        return deployment.continued(waiting, "Deployed; the figures of the smoke test are not here yet.")
    summary = outcomes.success(deployment.stage, changed=progress.started > 0)
    return Succeeded(summary, progress.operation, told.words)


def _start(deployment: _Deployment, step: CreateInstances | Update, definition: Definition) -> Outcome:
    progress = deployment.progress
    operation = f"{deployment.job.id}-{progress.started}"
    ours = replace(
        progress,
        operation=operation,
        own=True,
        started=progress.started + 1,
        updated=progress.updated or isinstance(step, Update),
        created=progress.created or isinstance(step, CreateInstances),
        looks=0,
        setbacks=0,
    )
    started, summary = _begin(deployment, step, definition, operation)
    if started is Start.STARTED:
        return deployment.continued(ours, summary)
    if started is Start.OVERTAKEN:
        return deployment.later("The StackSet was changed by somebody else at the same moment.")
    running = stack_sets.running_operation(deployment.stack_set)
    if running == operation:
        return deployment.continued(ours, summary)
    if running is None:
        return deployment.later("Another operation on the StackSet is about to end.")
    theirs = replace(progress, operation=running, own=False, looks=0, setbacks=0)
    return deployment.continued(theirs, f"Waiting for another operation on {deployment.stage.stackset_name} to end.")


def _begin(
    deployment: _Deployment, step: CreateInstances | Update, definition: Definition, operation: str
) -> tuple[Start, str]:
    stack_set = deployment.stack_set
    if isinstance(step, CreateInstances):
        started = stack_sets.create_instances(stack_set, step.targets, operation)
        return started, f"Creating stacks in {outcomes.reach(step.targets)}."
    started = stack_sets.update(stack_set, definition, step.targets, operation)
    where = outcomes.reach(step.targets) if step.targets else "the StackSet, which has no stacks yet"
    return started, f"Updating {where}."
