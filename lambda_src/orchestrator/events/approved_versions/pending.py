# SPDX-License-Identifier: Apache-2.0
"""A change of a pipeline that has begun, or waits for its pause to end: an object in the pipelines bucket.

It is written before the change and removed after it, so that whoever looks next ends what was interrupted.
"""

from pydantic import BaseModel, ConfigDict

from orchestrator.automation.journal import StepName
from orchestrator.aws import claims
from orchestrator.aws.s3 import documents, objects
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
    return documents.find(Pending, bucket, layout.pending(common_name))


def begin(bucket: str, common_name: str, change: Pending) -> Pending:
    """Write down that a change begins; return it, or the same change if it has begun already, with its own cause."""
    if objects.store_new_marker(bucket, layout.pending(common_name), change.model_dump_json().encode()):
        return change
    begun = find(bucket, common_name)
    if begun is not None and (begun.step, begun.changes) == (change.step, change.changes):
        return begun
    documents.store(bucket, layout.pending(common_name), change)
    return change


def drop(bucket: str, common_name: str) -> None:
    """Write down that there is nothing to end, whether there was or not."""
    claims.forget(bucket, layout.pending(common_name))
