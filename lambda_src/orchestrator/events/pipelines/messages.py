# SPDX-License-Identifier: Apache-2.0
"""Message about the end of a pipeline or stage: its status, pipeline, cause and next step (compatibility 1.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from orchestrator.aws.codepipeline import codepipelines
from orchestrator.aws.notifications import Message
from orchestrator.events import console_links
from orchestrator.events.pipelines.causes import Cause
from orchestrator.events.pipelines.ends import End, stage_named
from orchestrator.plan.stack_tags import LABEL_TAG, STACK_TAG, TYPE_TAG
from orchestrator.provisioned.state import State

_NEXT: Final = {
    "SUCCEEDED": "Next: nothing; GET /pipelines/{id}, or mlops status, tells what is deployed.",
    "STOPPED": "Next: provision the same request again to go on; somebody stopped this execution.",
    "CANCELED": "Next: provision the same request again to go on; this execution was cancelled.",
    "SUPERSEDED": "Next: nothing; a newer execution has taken the place of this one.",
}
_STAGE_DONE: Final = "Next: nothing here; an approval of the next stage, if there is one, has a message of its own."
_CORRECT: Final = (
    "Next: if the request is the cause, correct it and provision it again; if it was something else, put that right "
    "and provision the same request again."
)
_REJECTED: Final = "Next: change what was not accepted and provision the request again; nothing was deployed further."
_EXPIRED: Final = "Next: provision the same request again, or retry the stage in the console, and decide in time."


@dataclass(frozen=True)
class Ending:
    """An end, with its tags and its cause."""

    end: End
    tags: Mapping[str, str]
    """The tags of the pipeline; empty when they could not be read."""
    cause: Cause | None
    with_detail: bool
    """Whether the operator allows AWS's error messages."""
    words: str = ""
    """Sentence that the pipeline type's author wrote for such an end."""
    state: State | None = None
    """State of the pipeline after this end, with the work that it started, if it is known."""
    smoke_tests: Sequence[str] = ()
    """What the smoke tests of a deployment found, a sentence for each account."""
    is_overtaken: bool = False
    """Whether it was stopped because a newer decision has taken its place."""

    @property
    def message(self) -> Message:
        """The notification."""
        end = self.end
        return Message(
            subject=f"MLOps {self._what} {end.state}: {self._model or end.pipeline}",
            text="\n\n".join(
                filter(None, [end.sentence, *self._whys, self._tested, self._whose, self._next, self._links])
            ),
            pipeline_type=self.tags.get(TYPE_TAG, ""),
            model_name=self._model,
            stage=self._stage,
            state=end.state,
        )

    @property
    def _whys(self) -> tuple[str, ...]:
        return (self.words, self._why, codepipelines.OVERTAKEN if self.is_overtaken else "")

    @property
    def _model(self) -> str:
        return self.tags.get(LABEL_TAG, "")

    @property
    def _stage(self) -> str:
        """The environment whose deployment ended or failed."""
        return stage_named(self.end.stage or (self.cause.stage if self.cause else ""))

    @property
    def _what(self) -> str:
        return f"stage {self._stage or self.end.stage}" if self.end.stage else "pipeline"

    @property
    def _why(self) -> str:
        if self.cause is None:
            return ""
        where = "" if self.end.stage else f"in stage {self.cause.stage}, action {self.cause.action}, "
        is_shown = self.with_detail or self.cause.is_decision or self.cause.is_expiry
        reason = self.cause.reason if is_shown else "the console has the reason."
        return f"Why it failed: {where}{reason}"

    @property
    def _tested(self) -> str:
        return "\n".join(f"Smoke test {found}" for found in self.smoke_tests)

    @property
    def _whose(self) -> str:
        lines = {
            "Model": self._model,
            "Type": self.tags.get(TYPE_TAG, ""),
            "Stage": self._stage,
            "Pipeline's stack": self.tags.get(STACK_TAG, ""),
            "Execution": self.end.execution,
            "State": self._state,
        }
        return "\n".join(f"{name}: {value}" for name, value in lines.items() if value)

    @property
    def _state(self) -> str:
        if self.state is None:
            return ""
        # Why an execution failed stands above.
        shown = self.state.reason if self.end.state == "SUCCEEDED" else ""
        return f"{self.state.name}. {shown}".rstrip()

    @property
    def _next(self) -> str:
        if self.end.state == "FAILED":
            return self._next_after_failure
        return _STAGE_DONE if self.end.stage else _NEXT["SUPERSEDED" if self.is_overtaken else self.end.state]

    @property
    def _next_after_failure(self) -> str:
        if self.cause and self.cause.is_expiry:
            return _EXPIRED
        return _REJECTED if self.cause and self.cause.is_decision else _CORRECT

    @property
    def _links(self) -> str:
        lines = {
            "Pipeline in the console": console_links.execution(self.end.pipeline_arn, self.end.execution),
            "Stack in the console": console_links.stack(self.cause.stack) if self.cause and self.cause.stack else "",
            "Log": self.cause.log if self.cause else "",
        }
        return "\n".join(f"{name}: {address}" for name, address in lines.items() if address)
