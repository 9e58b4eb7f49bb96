# SPDX-License-Identifier: Apache-2.0
"""What the author of a pipeline type wants people to read when a pipeline has ended: stored with the pipeline."""

from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from orchestrator.plan import layout

FILE: Final = "notifications.json"
LONGEST: Final = 64 * 1024
"""Bytes of the file."""


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)

    succeeded: str = ""
    failed: str = ""


def key(common_name: str) -> str:
    """Where they lie in the pipelines bucket, by what the names of all that belongs to a pipeline begin with."""
    return f"{layout.folder(common_name)}{FILE}"


def message_for(content: bytes, state: str) -> str:
    """The sentence for a state of CodePipeline; empty where there is none."""
    try:
        words = _Words.model_validate_json(content)
    except ValidationError:
        return ""
    return {"SUCCEEDED": words.succeeded, "FAILED": words.failed}.get(state, "")
