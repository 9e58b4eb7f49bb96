# SPDX-License-Identifier: Apache-2.0
"""Messages at the end of a deletion."""

from __future__ import annotations

from typing import Final

from orchestrator.aws.notifications import Message
from orchestrator.provisioned.pipeline_stacks import Pipeline

DELETED: Final = "deleted"
NOT_DELETED: Final = "failed"


def gone(pipeline: Pipeline) -> Message:
    """Return the message for a complete deletion."""
    text = (
        f"The pipeline {pipeline.stack_name} ({pipeline.type_name}, {pipeline.label}) and what it deployed are deleted."
        "\n\nModels, data and results in the assets bucket, images and registered versions of models stay."
    )
    return Message(f"MLOps pipeline deleted: {pipeline.label}", text, pipeline.type_name, pipeline.label, state=DELETED)


def failed(pipeline: Pipeline, reason: str) -> Message:
    """Return the message for a failed deletion."""
    text = (
        f"The pipeline {pipeline.stack_name} ({pipeline.type_name}, {pipeline.label}) could not be deleted.\n\n{reason}"
        "\n\nRemove the cause, then ask for the deletion again: it goes on where it came to its end.\n"
        f"mlops delete {pipeline.stack_name}"
    )
    subject = f"MLOps pipeline not deleted: {pipeline.label}"
    return Message(subject, text, pipeline.type_name, pipeline.label, state=NOT_DELETED)
