# SPDX-License-Identifier: Apache-2.0
"""Message about a job that has ended: its status, its model, and what to do next (compatibility 1.7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from orchestrator.aws.notifications import Message
from orchestrator.aws.sagemaker.jobs import Job
from orchestrator.events.jobs import outcomes, traces
from orchestrator.events.jobs.comparison import Comparison
from orchestrator.events.jobs.registration import Compared, NotRegistered, Registered, Result
from orchestrator.events.jobs.versions import Source
from orchestrator.provisioned import state as states
from orchestrator.provisioned.state import State

_DEPLOY = "provision a real-time or batch pipeline with model_package_name set to the ARN of the version"
_NEXT = {
    "Approved": f"Next: {_DEPLOY}.",
    "PendingManualApproval": f"Next: approve the version in SageMaker's model registry, then {_DEPLOY}.",
    "Rejected": "Next: change the request, and provision it again; that trains another model.",
}


@dataclass(frozen=True)
class Ending:
    """A job that has ended, as its message describes it; `registration` is `None` if none was asked for."""

    job: Job
    status: str
    source: Source
    """The job, the pipeline that started it, and why."""
    registration: Result | None
    with_detail: bool
    """Whether the operator allows AWS's error messages."""

    @property
    def message(self) -> Message:
        """The notification."""
        return Message(self._subject, self._text, self.source.pipeline_type, self.source.model_name, state=self.outcome)

    @property
    def outcome(self) -> str:
        """The job's status, or `Failed` if it completed and the registration of its model came to nothing."""
        return self.state.name if self.status == "Completed" and self.state.name == "Failed" else self.status

    @property
    def state(self) -> State:
        """State of the pipeline as far as this job makes it, as everybody tells it who asks."""
        record = self.registration.record.told(with_detail=self.with_detail) if self.registration else None
        job = states.Job(self.job.kind.words, self.job.name, self.status, self.job.failure_reason)
        return states.of_done(states.Work(job, record))

    @property
    def _subject(self) -> str:
        what = f"{self.job.kind.words} {self.status}" if self.outcome == self.status else "model not registered"
        if isinstance(self.registration, Registered) and self.registration.decision.reason:
            what = "model rejected by its gate"
        return f"MLOps {what}: {self.source.model_name}"

    @property
    def _text(self) -> str:
        first = f"The {self.job.kind.words} {self.job.name} status is: {self.status}."
        pipeline = (
            f"Model: {self.source.model_name}\nPipeline's stack: {self.source.stack_name}\nJob: {self.job.arn}\n"
            f"State: {self.state.name}"
        )
        what, then = self._story()
        return "\n\n".join(filter(None, [first, traces.in_words(self.source.cause), what, pipeline, then]))

    def _story(self) -> tuple[str, str]:
        """Return the result of the job, and the next step."""
        if self.status == "Failed":
            reason = self.job.failure_reason or "SageMaker gives no reason."
            return f"Why it failed: {reason}", f"Next: {_LOG} Correct the request, and provision it again."
        if self.status == "Stopped":
            stopped = "Somebody stopped it, or it reached its time limit; nothing was registered."
            return stopped, "Next: change the request, for example its time limit, and provision it again."
        if isinstance(self.registration, Registered):
            return "\n".join(_registered(self.registration)), _NEXT[self.registration.decision.status]
        if isinstance(self.registration, Compared):
            return _compared(self.registration.comparison), _WAIT
        if isinstance(self.registration, NotRegistered):
            return self._not_registered(self.registration), _REGISTER_AGAIN
        return outcomes.in_words(self.job.description), _UNREGISTERED

    def _not_registered(self, outcome: NotRegistered) -> str:
        hidden = "The log has what it said." if outcome.detail else ""
        detail = outcome.detail if self.with_detail else hidden
        return " ".join(filter(None, ["The model was not registered.", outcome.reason, detail]))


_LOG = "the job's log is in the CloudWatch log group /aws/sagemaker/TrainingJobs, under the job's name."
_REGISTER_AGAIN = (
    "Next: put that right and register the model in SageMaker's model registry, or provision the request with other "
    "instructions, which trains another one."
)
_WAIT = "Next: nothing. You hear what became of it."
_UNREGISTERED = (
    "Next: provision a real-time or batch pipeline with the model's artifact, or give the request register, so that "
    "the next model becomes a version of a model package group."
)


def _compared(comparison: Comparison) -> str:
    return (
        f"The model is compared with {comparison.version}, which is deployed: both predict the rows of "
        "validation_data. It is registered after that."
    )


def _registered(made: Registered) -> Iterator[str]:
    yield f"The model was registered as {made.package_arn}, approval status {made.decision.status}."
    if made.decision.compared and not made.decision.reason:
        yield f"It is better than the version that is deployed. {_listed_texts(made.decision.compared)}"
    if made.decision.reason:
        yield f"It was rejected because the request's gate did not hold. {made.decision.reason}"
    if made.metrics:
        yield f"Metrics: {_listed(made.metrics)}"


def _listed(metrics: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in metrics.items())


def _listed_texts(told: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in told.items())
