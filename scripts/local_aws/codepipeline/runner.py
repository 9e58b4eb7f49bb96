# SPDX-License-Identifier: Apache-2.0
"""Run of one execution through the stages, in CodePipeline's mode SUPERSEDED.

A stage holds one execution at a time. Others wait before it, and a newer one that begins to wait replaces an older one.
Actions of one run order run in parallel; the next run order starts when all of them have succeeded.
https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html
"""

from __future__ import annotations

import functools
import itertools
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from botocore.exceptions import ClientError

from scripts.local_aws.codepipeline import events, variables
from scripts.local_aws.codepipeline.actions import (
    AbandonedError,
    Action,
    ActionContext,
    ActionFailedError,
    code_build,
    manual_approval,
    s3_source,
)
from scripts.local_aws.codepipeline.deploy import cloudformation
from scripts.local_aws.codepipeline.jobs import Jobs
from scripts.local_aws.codepipeline.model import ActionRun, Declaration, Execution, Failure, Pipeline, Stage, now

_LOG = logging.getLogger(__name__)
_PERMISSION_CODES = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"})


class Engine(Protocol):
    """Engine as an execution needs it: threads, and waiting for one another."""

    changed: threading.Condition
    jobs: Jobs

    def spawn(self, name: str, work: Callable[[], None]) -> None:
        """Run `work` on a thread of its own."""

    def wait(
        self, condition: Callable[[], bool], is_over: Callable[[], bool], seconds: float | None, rest: bool
    ) -> bool:
        """Wait until `condition` holds."""


def provider(declaration: Declaration) -> tuple[str, str, str]:
    """Return category, owner and provider of an action, the key of `PROVIDERS`."""
    kind: Mapping[str, str] = declaration["actionTypeId"]
    return kind["category"], kind["owner"], kind["provider"]


PROVIDERS: Mapping[tuple[str, str, str], Callable[[Engine], Action]] = {
    ("Source", "AWS", "S3"): lambda _: s3_source,
    ("Deploy", "AWS", "CloudFormation"): lambda _: cloudformation,
    ("Invoke", "AWS", "Lambda"): lambda engine: engine.jobs.perform,
    ("Approval", "AWS", "Manual"): lambda _: manual_approval,
    ("Build", "AWS", "CodeBuild"): lambda _: code_build,
}


class Runner:
    """Run of one execution, on the thread that calls it."""

    def __init__(self, engine: Engine, pipeline: Pipeline, execution: Execution) -> None:
        self._engine = engine
        self._pipeline = pipeline
        self._execution = execution

    def run(self) -> None:
        """Go through all stages."""
        self._go_through(self._execution.stages)

    def retry(self, stage_name: str, all_actions: bool) -> None:
        """Go on from a failed stage, keeping its successful actions unless all are to run again."""
        names = [stage["name"] for stage in self._execution.stages]
        rest = self._execution.stages[names.index(stage_name) :]
        kept = set() if all_actions else self._succeeded_in(stage_name)
        self._go_through(rest, kept)

    def occupy(self, stage: Stage, state: str) -> None:
        """Take a free stage; `state` is STARTED, or RESUMED if a retry takes it again."""
        with self._engine.changed:
            stage.occupant = stage.latest = self._execution
            stage.status = "InProgress"
            events.stage_changed(self._pipeline, self._execution, stage.name, state)

    def _go_through(self, stages: list[Declaration], kept: set[str] | None = None) -> None:
        """Run the stages; `kept` are the actions that a retry skips in the first one, which it occupies already."""
        for declared in stages:
            stage = self._pipeline.stage(declared["name"])
            if kept is None and not self._enter(stage):
                return
            status = self._run_actions(stage, declared, kept or set())
            kept = None
            self._leave(stage, status)
            if status != "Succeeded":
                self._finish(status)
                return
        self._finish("Stopped" if self._execution.is_stopping else "Succeeded")

    # -- stages --------------------------------------------------------------------------------------------------

    def _enter(self, stage: Stage) -> bool:
        """Wait for the stage. Return false if a newer execution took the place, or this one was stopped."""
        execution = self._execution
        with self._engine.changed:
            self._queue(stage)
            self._engine.wait(
                lambda: stage.is_open or stage.waiting is not execution or execution.is_stopping,
                lambda: self._pipeline.deleted,
                seconds=None,
                rest=True,
            )
            if stage.waiting is not execution:
                return False
            stage.waiting = None
            if execution.is_stopping:
                self._finish("Stopped")
                return False
            self.occupy(stage, "STARTED")
            return True

    def _queue(self, stage: Stage) -> None:
        older, stage.waiting = stage.waiting, self._execution
        if older is not None:
            older.status, older.changed = "Superseded", now()
            older.status_summary = f"Superseded by {self._execution.id}"
            events.pipeline_changed(self._pipeline, older, "SUPERSEDED")
        self._engine.changed.notify_all()

    def _leave(self, stage: Stage, status: str) -> None:
        with self._engine.changed:
            stage.occupant, stage.status = None, status
            events.stage_changed(self._pipeline, self._execution, stage.name, status.upper())
            self._engine.changed.notify_all()

    def _finish(self, status: str) -> None:
        with self._engine.changed:
            self._execution.status, self._execution.changed = status, now()
            events.pipeline_changed(self._pipeline, self._execution, status.upper())
            self._engine.changed.notify_all()

    # -- actions -------------------------------------------------------------------------------------------------

    def _run_actions(self, stage: Stage, declared: Declaration, kept: set[str]) -> str:
        """Run the stage's actions by run order, and return the stage's status."""
        wanted = [action for action in declared["actions"] if action["name"] not in kept]
        wanted.sort(key=_run_order)
        for _, group in itertools.groupby(wanted, key=_run_order):
            if self._execution.is_stopping:
                return "Stopped"
            statuses = {run.status for run in self._run_together(stage, list(group))}
            if statuses != {"Succeeded"}:
                return "Failed" if "Failed" in statuses else "Stopped"
        return "Succeeded"

    def _run_together(self, stage: Stage, actions: list[Declaration]) -> list[ActionRun]:
        runs = [self._begin(stage, action) for action in actions]
        first, *others = runs
        for run in others:
            self._engine.spawn(self._pipeline.name, functools.partial(self._perform, run))
        self._perform(first)
        self._engine.wait(lambda: all(run.status != "InProgress" for run in runs), lambda: False, None, rest=True)
        return runs

    def _begin(self, stage: Stage, action: Declaration) -> ActionRun:
        run = ActionRun(stage.name, action)
        context = self._context(run)
        run.inputs = [self._execution.artifacts[each["name"]] for each in action.get("inputArtifacts", [])]
        run.outputs = [context.new_artifact(each["name"]) for each in action.get("outputArtifacts", [])]
        with self._engine.changed:
            stage.actions[run.name] = run
            self._execution.actions.append(run)
            events.action_changed(self._pipeline, self._execution, run)
            self._engine.changed.notify_all()
        return run

    def _perform(self, run: ActionRun) -> None:
        try:
            run.configuration = variables.resolved(run.declaration, self._variables)
            action = PROVIDERS[provider(run.declaration)](self._engine)
            summary = action(self._context(run))
            self._end(run, "Succeeded", summary)
        except variables.UnresolvedError as error:
            self._end(run, "Failed", run.summary, Failure("ConfigurationError", str(error)))
        except ActionFailedError as error:
            self._end(run, "Failed", run.summary, error.failure)
        except AbandonedError:
            self._end(run, "Abandoned", run.summary)
        except ClientError as error:
            self._end(run, "Failed", run.summary, _refused(error))
        except Exception as error:
            _LOG.exception("action %s of pipeline %s failed", run.name, self._pipeline.name)
            self._end(run, "Failed", run.summary, Failure("InternalError", f"{type(error).__name__}: {error}"))

    def _end(self, run: ActionRun, status: str, summary: str, failure: Failure | None = None) -> None:
        with self._engine.changed:
            run.status, run.summary, run.failure, run.changed = status, summary, failure, now()
            self._execution.changed = run.changed
            if status == "Succeeded":
                self._execution.artifacts |= {each.name: each for each in run.outputs}
                if namespace := run.declaration.get("namespace"):
                    self._execution.variables[namespace] = run.variables
            events.action_changed(self._pipeline, self._execution, run)
            self._engine.changed.notify_all()

    @property
    def _variables(self) -> variables.Variables:
        return {**self._execution.variables, variables.OWN: {"PipelineExecutionId": self._execution.id}}

    def _context(self, run: ActionRun) -> ActionContext:
        return ActionContext(self._pipeline, self._execution, run, self._wait)

    def _succeeded_in(self, stage_name: str) -> set[str]:
        return {run.name for run in self._execution.actions if run.stage == stage_name and run.status == "Succeeded"}

    def _wait(self, condition: Callable[[], bool], seconds: float | None, resting: bool = False) -> bool:
        return self._engine.wait(
            condition, lambda: self._execution.abandoned or self._pipeline.deleted, seconds, resting
        )


def _run_order(action: Declaration) -> int:
    return int(action.get("runOrder", 1))


def _refused(error: ClientError) -> Failure:
    code = "PermissionError" if error.response["Error"]["Code"] in _PERMISSION_CODES else "JobFailed"
    return Failure(code, str(error))
