# SPDX-License-Identifier: Apache-2.0
"""Journal of a pipeline: each automatic step with its cause, and each decision not to take one.

A key counts down from the time of the step, so that S3 lists the newest first. The same step recorded again writes the
same object.
"""

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

from pydantic import BaseModel, ConfigDict

from orchestrator.aws.s3 import documents, objects
from orchestrator.plan import layout

if TYPE_CHECKING:
    from orchestrator.answers import automation as told

_COUNTED_FROM: Final = 10**16
"""Microseconds of a day long from now, which every key counts down to."""
_DIGITS: Final = 8

StepName = Literal["retrain", "prepare_data", "deploy", "roll_back", "follow_baseline"]
Outcome = Literal["started", "held", "failed", "done"]


class Step(BaseModel):
    """An automatic step, or why it was not taken."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    at: datetime
    step: StepName
    cause: str
    """What asked for it, in a sentence or by name: a run of a monitor, an approval."""
    outcome: Outcome
    detail: str = ""
    """What was started, or why nothing was, in a sentence."""

    def description(self) -> "told.AutomaticStep":
        """Return the step as a part of the API's responses."""
        return {
            "at": self.at,
            "step": self.step,
            "cause": self.cause,
            "outcome": self.outcome,
            "detail": self.detail,
        }


def record(bucket: str, common_name: str, step: Step) -> None:
    """Add a step to a pipeline's journal; raises `ServiceRefusedError`, after which a retry may succeed."""
    content = step.model_dump_json().encode()
    left = _COUNTED_FROM - int(step.at.timestamp() * 1_000_000)
    digits = hashlib.sha256(content).hexdigest()[:_DIGITS]
    objects.store_marker(bucket, f"{layout.steps(common_name)}{left:016d}-{digits}.json", content)


def newest(bucket: str, common_name: str, most: int) -> list[Step]:
    """Return the newest steps, the newest first; old ones expire."""
    keys = objects.keys(bucket, layout.steps(common_name), most)
    return [step for step in documents.each(Step, bucket, keys) if step is not None]
