# SPDX-License-Identifier: Apache-2.0
"""State of a requested deletion: one marker object for each pipeline, in the pipelines bucket.

It is written before anything is deleted and holds all that is needed to continue without the pipeline's stack. While it
exists without a failure, the same pipeline cannot be provisioned. It is removed at the end.
"""

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.aws.s3 import documents, object_versions, objects
from orchestrator.errors import ConflictError
from orchestrator.plan import layout
from orchestrator.provisioned.pipeline_stacks import Pipeline

if TYPE_CHECKING:
    from orchestrator import answers


def _attempt() -> str:
    return uuid.uuid4().hex


class Removal(BaseModel):
    """The deletion of a pipeline."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    pipeline: Pipeline
    requested_by: str
    """ARN of the caller."""
    requested_at: datetime
    attempt: str = Field(default_factory=_attempt)
    """Id of this attempt, which marks the operations that it starts; a repeated request is a new attempt."""
    failure: str = ""
    """Reason why it ended before everything was deleted; empty otherwise."""

    @property
    def key(self) -> str:
        """Key of its marker."""
        return f"{layout.DELETING}{self.pipeline.common_name}"

    def token(self, what: str) -> str:
        """Return an id for an operation of this attempt, in the form of CloudFormation."""
        return f"remove-{what}-{self.attempt}"

    def description(self) -> "answers.Deletion":
        """Return the deletion as a part of the API's responses."""
        return {
            "requested_by": self.requested_by,
            "requested_at": self.requested_at.isoformat(),
            "failure": self.failure,
        }


def begin(pipeline: Pipeline, caller: str) -> Removal:
    """Return a new attempt by this caller to delete a pipeline."""
    return Removal(pipeline=pipeline, requested_by=caller, requested_at=datetime.now(UTC))


def find(bucket: str, common_name: str) -> Removal | None:
    """Return the deletion of the pipeline of that name, or `None`."""
    key = f"{layout.DELETING}{common_name}"
    if key not in objects.keys(bucket, key, most=1):
        return None
    # It is gone if another invocation has finished the deletion meanwhile.
    return documents.find(Removal, bucket, key)


def names(bucket: str, beginning: str) -> frozenset[str]:
    """Return the common names with this prefix of pipelines that are being deleted."""
    keys = objects.keys(bucket, f"{layout.DELETING}{beginning}", most=1000)
    return frozenset(key.removeprefix(layout.DELETING) for key in keys)


def store(bucket: str, removal: Removal) -> None:
    """Write the marker."""
    objects.store_marker(bucket, removal.key, removal.model_dump_json(indent=4).encode())


def drop(bucket: str, removal: Removal) -> None:
    """Remove the marker with all its versions."""
    object_versions.purge(bucket, removal.key, exact=True)


def refuse_while_deleting(bucket: str, common_name: str) -> None:
    """Raise `ConflictError` while the pipeline of that name is being deleted; after a failure it may be repaired."""
    removal = find(bucket, common_name)
    if removal is not None and not removal.failure:
        raise ConflictError(
            f"Pipeline {removal.pipeline.stack_name} is being deleted. Repeat the request when a notification has told"
            " that it is gone."
        )
