# SPDX-License-Identifier: Apache-2.0
"""Sentences that the author of a pipeline type has for the end of its pipelines, stored with each pipeline."""

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
    """Key of the sentences in the pipelines bucket, by the common name of the pipeline (`layout.py`)."""
    return f"{layout.folder(common_name)}{FILE}"


def message_for(content: bytes, state: str) -> str:
    """The sentence for a state of CodePipeline; empty where there is none."""
    try:
        words = _Words.model_validate_json(content)
    except ValidationError:
        return ""
    return {"SUCCEEDED": words.succeeded, "FAILED": words.failed}.get(state, "")
