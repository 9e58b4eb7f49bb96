# SPDX-License-Identifier: Apache-2.0
"""State of a pipeline at one time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from mlops_orchestrator.aws import pipeline_status
from mlops_orchestrator.aws.pipeline_status import PipelineStatus
from mlops_orchestrator.client import html

WAITING: Final = "Waiting for approval"
_FAILED: Final = frozenset({"Failed", "Unhealthy"})
_SUCCEEDED: Final = "Succeeded"
_ENDED: Final = _FAILED | {_SUCCEEDED}
_WORK_GOES_ON: Final = "Running"
_ONLY_DEPLOYED: Final = "It is deployed; the API tells nothing of the work that this started."


@dataclass(frozen=True)
class Status:
    """State of a pipeline, and what the orchestrator tells of it."""

    state: str
    """`Deploying`, `Waiting for approval`, `Running`, `Succeeded`, `Failed` or `Unhealthy`."""
    reason: str
    """Why it is in that state, in a sentence; empty if there is nothing to say."""
    outputs: dict[str, str]
    """Outputs of the deployed stack."""
    execution: PipelineStatus = field(repr=False)
    """Newest execution with its stages and approvals."""
    details: Mapping[str, Any] = field(repr=False)
    """Whole answer of `GET /pipelines/{id}`."""

    @classmethod
    def of(cls, details: Mapping[str, Any]) -> Self:
        """Read an answer of `GET /pipelines/{id}`."""
        told = {"stack_status": details["stack_status"], "message": details["stack_status_reason"]}
        execution = pipeline_status.read({**told, **(details["pipeline"] or {})})
        if "state" not in details:
            # An orchestrator of an earlier version.
            return replace(cls.of_execution(execution), outputs=details["outputs"], details=details)
        return cls(details["state"], details["state_reason"], details["outputs"], execution, details)

    @classmethod
    def of_execution(cls, execution: PipelineStatus) -> Self:
        """Return the state by the newest execution alone, where the API has no details; a success says so."""
        ends = (
            (execution.has_failed, "Failed"),
            (execution.has_succeeded, _SUCCEEDED),
            (execution.needs_person, WAITING),
        )
        state = next((name for is_so, name in ends if is_so), "Deploying")
        reason = _ONLY_DEPLOYED if state == _SUCCEEDED else execution.message
        return cls(state, reason, {}, execution, {})

    def is_of(self, execution: str | None) -> bool:
        """Whether an execution is the newest."""
        return execution is not None and self.execution.execution == execution

    @property
    def has_ended(self) -> bool:
        """Whether it does not change by itself any more."""
        return self.state in _ENDED

    @property
    def is_running(self) -> bool:
        """Whether all is deployed, and the work of that goes on."""
        return self.state == _WORK_GOES_ON

    @property
    def sentence(self) -> str:
        """The state with its reason."""
        return f"{self.state}: {self.reason}" if self.reason else f"{self.state}."

    @property
    def has_failed(self) -> bool:
        """Whether what was asked for came to nothing, or stopped working."""
        return self.state in _FAILED

    def needs_decision_but(self, token: str) -> bool:
        """Whether a person must decide, beside the decision of a token, which CodePipeline may not have heeded yet."""
        tokens = {approval.token for approval in self.execution.waiting}
        return self.state == WAITING and (not token or tokens != {token})

    @property
    def waiting(self) -> tuple[str, ...]:
        """Stages that wait for an approval, such as `staging`."""
        return tuple(approval.target for approval in self.execution.waiting)

    def _repr_html_(self) -> str:
        return html.table((), self._rows(), self.details["pipeline_stack_name"])

    def _rows(self) -> Iterator[tuple[str, str]]:
        yield "state", self.state
        if self.reason:
            yield "reason", self.reason
        yield "model", self.details["model_name"]
        yield "type", self.details["pipeline_type"]
        yield from self.execution.stages
        if self.waiting:
            yield "waits for a decision", ", ".join(self.waiting)
        yield from sorted(self.outputs.items())
