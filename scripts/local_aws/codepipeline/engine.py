# SPDX-License-Identifier: Apache-2.0
"""Engine of CodePipeline: one thread per execution, one lock and one condition for all of them.

Every change is made under `Engine.changed` and wakes all who wait, so no thread polls or misses a change. `runner`
moves one execution through its stages. Here are the threads, the waiting, and the requests about an execution: start,
stop, retry, approve, answer a job.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from moto.core.exceptions import JsonRESTError

from scripts.local_aws.codepipeline import events
from scripts.local_aws.codepipeline.actions import AbandonedError
from scripts.local_aws.codepipeline.jobs import Answer, Jobs
from scripts.local_aws.codepipeline.model import Approval, Declaration, Execution, Pipeline, Trigger, now
from scripts.local_aws.codepipeline.runner import Runner

_LOG = logging.getLogger(__name__)
_SECONDS_TO_END = 10.0


class Engine:
    """Every pipeline of the local AWS, and the threads that run them."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.jobs: Jobs = Jobs()
        self._pipelines: dict[tuple[str, str, str], Pipeline] = {}
        self._live: set[threading.Thread] = set()
        self._resting: dict[threading.Thread, Callable[[], bool]] = {}
        self._ending = False

    # -- start and stop ------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Allow pipelines to run."""
        self._ending = False

    def close(self) -> None:
        """Abandon running executions, wait for their threads, and remove every pipeline."""
        with self.changed:
            self._ending = True
            self.changed.notify_all()
            self.changed.wait_for(lambda: not self._live, _SECONDS_TO_END)
            self._pipelines.clear()
            self.jobs = Jobs()

    def wait_idle(self, timeout: float) -> bool:
        """Wait until every execution has ended or waits for a person or a free stage; return false on timeout."""
        with self.changed:
            return self.changed.wait_for(lambda: all(map(self._is_resting, self._live)), timeout)

    def _is_resting(self, thread: threading.Thread) -> bool:
        awaited = self._resting.get(thread)
        return awaited is not None and not awaited()

    # -- for runners ---------------------------------------------------------------------------------------------

    def spawn(self, name: str, work: Callable[[], None]) -> None:
        """Run `work` on a thread of its own, named after the pipeline."""
        thread = threading.Thread(target=self._run, args=(work,), name=f"codepipeline {name}", daemon=True)
        with self.changed:
            self._live.add(thread)
        thread.start()

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except AbandonedError:
            _LOG.info("an execution was abandoned")
        except Exception:
            _LOG.exception("the CodePipeline engine failed")
        finally:
            with self.changed:
                self._live.discard(threading.current_thread())
                self.changed.notify_all()

    def wait(
        self, condition: Callable[[], bool], is_over: Callable[[], bool], seconds: float | None, rest: bool
    ) -> bool:
        """Wait until `condition` holds; false after `seconds`. Raise AbandonedError if `is_over`, or at the end."""

        def awaited() -> bool:
            return condition() or is_over() or self._ending

        thread = threading.current_thread()
        with self.changed:
            if rest:
                self._resting[thread] = awaited
                self.changed.notify_all()
            try:
                self.changed.wait_for(awaited, seconds)
            finally:
                self._resting.pop(thread, None)
            if is_over() or self._ending:
                raise AbandonedError
            return condition()

    # -- for requests --------------------------------------------------------------------------------------------

    def pipeline(self, account: str, region: str, name: str) -> Pipeline:
        """Return the run-time state of a pipeline, empty at first."""
        with self.changed:
            return self._pipelines.setdefault((account, region, name), Pipeline(account, region, name))

    def forget(self, pipeline: Pipeline) -> None:
        """End the executions of a deleted pipeline."""
        with self.changed:
            self._pipelines.pop((pipeline.account, pipeline.region, pipeline.name), None)
            pipeline.deleted = True
            self.changed.notify_all()

    def begin(self, pipeline: Pipeline, declaration: Declaration, trigger: Trigger, token: str = "") -> Execution:
        """Start an execution; the same client request token returns the same execution."""
        with self.changed:
            earlier = pipeline.execution(pipeline.started_by_token.get(token, ""))
            if token and earlier is not None:
                return earlier
            execution = Execution(declaration, trigger)
            pipeline.executions.append(execution)
            if token:
                pipeline.started_by_token[token] = execution.id
            events.pipeline_changed(pipeline, execution, "STARTED")
            runner = Runner(self, pipeline, execution)
            self.spawn(pipeline.name, runner.run)
            return execution

    def stop(self, pipeline: Pipeline, execution: Execution, abandon: bool, reason: str) -> None:
        """Wait for the running actions, or abandon them, and start no others."""
        with self.changed:
            if execution.status not in {"InProgress", "Stopping"}:
                raise JsonRESTError(
                    "PipelineExecutionNotStoppableException",
                    f"Pipeline execution {execution.id} is in {execution.status} status and cannot be stopped.",
                )
            if execution.is_stopping and (execution.abandoned or not abandon):
                problem = f"Pipeline execution {execution.id} is stopping already."
                raise JsonRESTError("DuplicatedStopRequestException", problem)
            execution.status, execution.status_summary, execution.abandoned = "Stopping", reason, abandon
            execution.changed = now()
            events.pipeline_changed(pipeline, execution, "STOPPING")
            self.changed.notify_all()

    def retry(self, pipeline: Pipeline, execution: Execution, stage_name: str, all_actions: bool) -> None:
        """Run a failed or stopped stage of an execution again, and go on from there."""
        with self.changed:
            stage = pipeline.stage(stage_name)
            if stage.latest is not execution:
                problem = f"Execution {execution.id} is not the latest in stage {stage_name}."
                raise JsonRESTError("NotLatestPipelineExecutionException", problem)
            if stage.status not in {"Failed", "Stopped"} or execution.status not in {"Failed", "Stopped"}:
                problem = f"Stage {stage_name} is in {stage.status} status; only a failed stage can be retried."
                raise JsonRESTError("StageNotRetryableException", problem)
            execution.status, execution.abandoned = "InProgress", False
            execution.attempt += 1
            execution.changed = now()
            events.pipeline_changed(pipeline, execution, "RESUMED")
            runner = Runner(self, pipeline, execution)
            runner.occupy(stage, "RESUMED")
            self.spawn(pipeline.name, lambda: runner.retry(stage_name, all_actions))

    def approve(self, pipeline: Pipeline, place: tuple[str, str], token: str, approval: Approval) -> None:
        """Answer a manual approval; `place` is its stage and action."""
        with self.changed:
            run = pipeline.stage(place[0]).actions.get(place[1])
            if run is None or not token or run.token != token:
                problem = f"The token is not the one of the approval that action {place[1]} of stage {place[0]} awaits."
                raise JsonRESTError("InvalidApprovalTokenException", problem)
            if run.status != "InProgress" or run.approval is not None:
                raise JsonRESTError(
                    "ApprovalAlreadyCompletedException", "The approval action has already been answered."
                )
            run.approval, run.updated_by, run.changed = approval, approval.by, now()
            self.changed.notify_all()

    def answer(self, job_id: str, answer: Answer) -> None:
        """Accept a function's result for its job."""
        with self.changed:
            job = self.jobs.find(job_id)
            if job is None:
                raise JsonRESTError("JobNotFoundException", f"Can't find job with jobId {job_id}")
            if job.answer is not None:
                raise JsonRESTError("InvalidJobStateException", f"Job {job_id} already has a result.")
            job.answer = answer
            self.changed.notify_all()


ENGINE = Engine()
