# SPDX-License-Identifier: Apache-2.0
"""A change of a pipeline that has begun, or waits for its pause to end: an object in the pipelines bucket.

It is written before the change and removed after it, so that whoever looks next ends what was interrupted.
"""

from pydantic import BaseModel, ConfigDict

from orchestrator.automation.journal import StepName
from orchestrator.aws import claims
from orchestrator.aws.s3 import objects
from orchestrator.events.approved_versions.causes import Cause
from orchestrator.plan import layout


class Pending(BaseModel):
    """The change of a pipeline's request, and why."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    step: StepName
    changes: dict[str, str]
    """Keys of the request with their new values."""
    cause: Cause


def find(bucket: str, common_name: str) -> Pending | None:
    """Return the change of a pipeline that has begun, or `None`."""
    content = objects.content_if_there(bucket, layout.pending(common_name))
    return None if content is None else Pending.model_validate_json(content)


def keep(bucket: str, common_name: str, change: Pending) -> None:
    """Write down that a change begins."""
    objects.store_marker(bucket, layout.pending(common_name), change.model_dump_json().encode())


def drop(bucket: str, common_name: str) -> None:
    """Write down that there is nothing to end, whether there was or not."""
    claims.forget(bucket, layout.pending(common_name))
