# SPDX-License-Identifier: Apache-2.0
"""What a pipeline does by itself, for `GET /pipelines/{id}`; a pipeline that does nothing so costs no call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from orchestrator.automation import journal, pauses
from orchestrator.automation.instructions import Retrain
from orchestrator.launch.settings import Settings
from orchestrator.provisioned.pipeline_stacks import Pipeline

if TYPE_CHECKING:
    from orchestrator.answers import automation as told

_STEPS: Final = 10


def of(pipeline: Pipeline, request: Mapping[str, Any] | None, settings: Settings) -> told.Automation | None:
    """Return what a pipeline of this request does by itself, and the newest of what it did; `None` if nothing.

    Raises the errors of `orchestrator.errors`.
    """
    if not pipeline.automation:
        return None
    bucket, name = settings.launch.pipelines_bucket, pipeline.common_name
    pause = pauses.find(bucket, name)
    return {
        "paused": pause.description() if pause else None,
        "retrain": _retrain(request or {}) if "retrain" in pipeline.automation else None,
        "deploy_on_approval": "deploy_on_approval" in pipeline.automation,
        "baseline": "follow" if "baseline" in pipeline.automation else None,
        "steps": [step.description() for step in journal.newest(bucket, name, _STEPS)],
    }


def _retrain(request: Mapping[str, Any]) -> told.RetrainState | None:
    try:
        asked = Retrain.model_validate(request.get("retrain"))
    except ValidationError:
        # Another release has taken it.
        return None
    found: Any = asked.model_dump(mode="json")
    return found  # type: ignore[no-any-return]
