# SPDX-License-Identifier: Apache-2.0
"""Pauses: while a pipeline has one, nothing of it is done automatically. A person puts it there, and takes it away."""

from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from orchestrator.aws import claims
from orchestrator.aws.s3 import documents
from orchestrator.plan import layout

if TYPE_CHECKING:
    from orchestrator.answers import automation as told


class Pause(BaseModel):
    """Who has paused a pipeline, when and why."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    at: datetime
    by: str
    """ARN of the caller."""
    reason: str = ""

    def description(self) -> "told.PauseState":
        """Return the pause as a part of the API's responses."""
        return {"at": self.at, "by": self.by, "reason": self.reason}


def find(bucket: str, common_name: str) -> Pause | None:
    """Return the pause of a pipeline, or `None`."""
    return documents.find(Pause, bucket, layout.paused(common_name))


def pause(bucket: str, common_name: str, found: Pause) -> None:
    """Pause a pipeline; a later pause takes the place of an earlier one."""
    documents.store(bucket, layout.paused(common_name), found)


def resume(bucket: str, common_name: str) -> None:
    """Take a pause away, whether there is one or not."""
    claims.forget(bucket, layout.paused(common_name))
