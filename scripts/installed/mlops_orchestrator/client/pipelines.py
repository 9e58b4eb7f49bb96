# SPDX-License-Identifier: Apache-2.0
"""A pipeline of an orchestrator, as an object."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal, Self, Unpack

import boto3
from botocore.exceptions import ClientError

from mlops_orchestrator.aws import pipeline_status, stack_following
from mlops_orchestrator.aws.api_client import OrchestratorApi
from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.aws.stack_following import StackFailedError
from mlops_orchestrator.client import approvals, connection, executions, html, predictions, waiting
from mlops_orchestrator.client.answers import accepted
from mlops_orchestrator.client.approvals import Decision
from mlops_orchestrator.client.executions import Runs
from mlops_orchestrator.client.monitor_runs import Monitor, MonitorRun, MonitorRuns
from mlops_orchestrator.client.predictions import Beside, Data, Prediction, Question, Target
from mlops_orchestrator.client.states import Status
from mlops_orchestrator.errors import Failed, NotFound, RequestRefused, TimedOut


class Pipeline:
    """Pipeline of an orchestrator, made by `Orchestrator.provision`, `get` or `list`."""

    def __init__(self, api: OrchestratorApi, told: Mapping[str, Any], before: str | None = None) -> None:
        """Take what the API told of the pipeline; `before` is an execution that is over, and not waited for."""
        self._api = api
        self._told = dict(told)
        self._before = before
        self._decided = ""
        self._targets: dict[str | None, Target] = {}

    @property
    def id(self) -> str:
        """ARN of its stack, which all operations take."""
        return str(self._told["pipeline_id"])

    @property
    def name(self) -> str:
        """Name of its stack."""
        return stack_following.name_in(self.id)

    @property
    def type(self) -> str:
        """Value of `pipeline_type`."""
        return self._known("pipeline_type")

    @property
    def model_name(self) -> str:
        """Name of its model, or tag of its image."""
        return self._known("model_name")

    @property
    def short_name(self) -> str:
        """Name for people, such as `churn/realtime`."""
        return self._known("short_name")

    @property
    def message(self) -> str:
        """What the orchestrator answered when the pipeline was provisioned; empty for one that was found."""
        return str(self._told.get("message", ""))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know although the request was taken."""
        return tuple(self._told.get("warnings", ()))

    @property
    def state(self) -> str:
        """State now; asks the orchestrator each time."""
        return self.status().state

    @property
    def outputs(self) -> dict[str, str]:
        """Outputs of the deployed stack; empty before it is there, and for several accounts, whose stacks are theirs.

        Addresses are such as can be called from here.
        """
        return self.status().outputs

    def status(self) -> Status:
        """Ask the orchestrator for everything that it knows of the pipeline. Raise NotFound once it is deleted."""
        details = accepted(self._api.details(self.id))
        aws = self._api.client.aws
        outputs = {name: connection.reachable(value, aws) for name, value in details["outputs"].items()}
        details = {**details, "outputs": outputs}
        self._told.update({name: details.get(name, "") for name in ("pipeline_type", "model_name", "short_name")})
        return Status.of(details)

    def wait(self, timeout: float | None = None, *, through_approvals: bool = False) -> Status:
        """Wait until the work has ended, and return how; raise Failed, with the reason, if it came to nothing.

        A stage that waits for an approval ends the wait, too, unless `through_approvals`: then somebody else is
        expected to decide. Raise TimedOut after `timeout` seconds.
        """

        def asks(status: Status) -> bool:
            return status.needs_decision_but(self._decided) and not through_approvals

        seen = deque(waiting.watch(self._as_far_as_known, self._before, asks, timeout), maxlen=1)
        last = seen[0] if seen else None
        if last is None or not (last.has_ended or asks(last)):
            raise TimedOut(f"{self.name} is still {last.state if last else 'as it was'} after {timeout} s")
        self._before = None
        if last.has_failed:
            raise Failed(" ".join(filter(None, [f"{self.name}: {last.state}.", last.reason, self._first_cause(last)])))
        return last

    def _as_far_as_known(self) -> Status:
        """Return the state; of a pipeline that could not be made, there is nothing else to tell."""
        try:
            return self.status()
        except NotFound:
            answer = self._api.status(self.id)
            if not answer.is_success:
                raise
            return Status.of_execution(pipeline_status.read(answer.body))

    def _first_cause(self, ended: Status) -> str:
        """Return why the pipeline's own stack failed; empty if it did not, or the caller may not look at it."""
        if ended.execution.pipeline:
            return ""
        try:
            cloudformation = self._api.client.aws.client("cloudformation")
            return f"First cause: {stack_following.first_cause(cloudformation, self.id)}"
        except (StackFailedError, ClientError):
            return ""

    def runs(self) -> Runs:
        """Return its executions. Needs the caller's permission codepipeline:ListPipelineExecutions."""
        name = self.status().execution.pipeline
        return executions.of(self._api.client.aws.client("codepipeline"), name) if name else Runs()

    def monitor_runs(self, limit: int | None = None) -> MonitorRuns:
        """Return what a monitor has looked at and found, the newest run first, all or `limit` of them.

        Raise RequestRefused or Failed for a pipeline that is no monitor.
        """
        return Monitor(self._api, self.id).runs(limit)

    def monitor_run(self, run_id: str = "") -> MonitorRun:
        """Return the monitor's run of an id, or of the end of it; without one, the newest. Raise NotFound."""
        return Monitor(self._api, self.id).find(run_id)

    def run_monitor(self, start: datetime | str | None = None, end: datetime | str | None = None) -> MonitorRun:
        """Start a run of the monitor now, of the window from `start` to `end`; without them, of the last period.

        Times are in ISO 8601, in UTC where they name no zone. `wait()` of the result waits for the end.
        """
        return Monitor(self._api, self.id).start(start, end)

    def predict(
        self,
        data: Data,
        content_type: str | None = None,
        *,
        stage: Literal["dev", "staging", "prod"] | None = None,
        session: boto3.session.Session | None = None,
        **beside: Unpack[Beside],
    ) -> Prediction:
        """Ask the deployed model. Rows go as CSV without header; text and bytes go as they are.

        With several accounts, name the `stage`, and give a `session` with credentials of its account. Beside the data
        you may give `accept`, `inference_id`, `custom_attributes` and `target_variant`.
        An endpoint with `async_inference` answers later: the call waits up to 15 minutes, and raises TimedOut then.
        Raise NotFound if no such model is deployed, RequestRefused or Failed if it does not answer.
        """
        aws = self._api.client.aws
        asked = Aws(session, aws.region, aws.endpoint_url) if session else aws
        # Looked up once: it stays the same, unless the pipeline is made anew.
        target = self._targets.get(stage) or (self._target_in(asked, stage) if stage else self._target(asked))
        self._targets.pop(stage, None)
        found = predictions.predict(replace(target, aws=asked), Question(data, content_type, beside))
        self._targets[stage] = target
        return found

    def approve(self, stage: str, comment: str = "") -> Self:
        """Approve the deployment to the next stage, such as `staging`. Raise Failed if nothing waits for it."""
        return self._decide(Decision(stage, comment, is_approval=True), "the comment")

    def reject(self, stage: str, reason: str) -> Self:
        """Reject the deployment to the next stage; others read the reason. Raise as `approve` does."""
        return self._decide(Decision(stage, reason, is_approval=False), "the reason")

    def pause(self, reason: str = "") -> Self:
        """Pause what the pipeline does by itself; what runs already goes on. Raise Failed if it does nothing so."""
        accepted(self._api.pause(self.id, reason))
        return self

    def resume(self) -> Self:
        """Let the pipeline go on by itself. Raise as `pause` does."""
        accepted(self._api.resume(self.id))
        return self

    def shift(self, weights: Mapping[str, float], stage: str = "") -> Self:
        """Give variants of the endpoint other weights, as `{"AllTraffic": 1, "challenger": 3}`; the others keep theirs.

        With several accounts the stage says which endpoint: `dev`, `staging` or `prod`.

        Raise RequestRefused for a variant that is not there, Failed if there is no endpoint or it is being updated.
        """
        accepted(self._api.shift(self.id, weights, stage))
        return self

    def delete(self, *, wait: bool = True, timeout: float | None = None) -> None:
        """Delete the pipeline and what it deployed; models, data and registered versions stay.

        Raise Failed if something cannot be deleted, TimedOut after `timeout` seconds: the deletion goes on.
        """
        accepted(self._api.delete(self.id))
        if wait:
            self._wait_until_deleted(timeout)

    def _wait_until_deleted(self, timeout: float | None) -> None:
        try:
            for details in waiting.looks(lambda: accepted(self._api.details(self.id)), timeout):
                if failure := (details["deletion"] or {}).get("failure"):
                    raise Failed(str(failure))
        except NotFound:
            return
        raise TimedOut(f"{self.name} is not deleted after {timeout} s; the deletion goes on")

    def _decide(self, decision: Decision, words: str) -> Self:
        approvals.check(decision, words)
        codepipeline = self._api.client.aws.client("codepipeline")
        decided = approvals.decide(codepipeline, lambda: self.status().execution, decision)
        self._decided = decided.token
        return self

    def _target(self, aws: Aws) -> Target:
        status = self.status()
        if found := predictions.target(aws, status.outputs):
            return found
        if status.execution.approvals:
            raise RequestRefused(f"{self.name} deploys to the accounts of its stages: name the stage to ask")
        raise NotFound(f"{self.name} has no model to ask: it is {status.state}, and a {self.type}")

    def _target_in(self, aws: Aws, stage: str) -> Target:
        prefix = f"StackSet-{self.name.removesuffix('-codepipeline')}-{stage}-"
        for state in stack_following.every(aws.client("cloudformation"), prefix):
            if found := predictions.target(aws, state.outputs):
                return found
        raise NotFound(
            f"no stack {prefix}... with a model to ask is in {aws.account}, {aws.region}: give a session with"
            f" credentials of the account of {stage}"
        )

    def _known(self, name: str) -> str:
        if name not in self._told:
            self.status()
        return str(self._told[name])

    def __repr__(self) -> str:
        return f"Pipeline({self.name!r})"

    def _repr_html_(self) -> str:
        return html.shown(self, self.status)


class Pipelines(list[Pipeline]):
    """Pipelines of an orchestrator, as the list of the API tells of them."""

    def __init__(self, api: OrchestratorApi, listed: Iterable[Mapping[str, Any]]) -> None:
        entries = list(listed)
        super().__init__(Pipeline(api, entry) for entry in entries)
        self._rows = [
            (
                one["model_name"],
                one["pipeline_type"],
                one.get("state", one["stack_status"]),
                one.get("state_reason", ""),
            )
            for one in entries
        ]

    def _repr_html_(self) -> str:
        return html.table(("model", "type", "state", ""), self._rows)
