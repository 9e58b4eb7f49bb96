# SPDX-License-Identifier: Apache-2.0
"""`POST /pipelines/{id}/pause` and `/resume`: nothing of a pipeline is done by itself until a person resumes it."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from orchestrator import documents, problems
from orchestrator.automation import pauses
from orchestrator.automation.pauses import Pause
from orchestrator.errors import UnfitStateError
from orchestrator.launch.settings import Settings
from orchestrator.provisioned import lookup
from orchestrator.provisioned.pipeline_stacks import Pipeline
from orchestrator.values.common import Expect

if TYPE_CHECKING:
    from orchestrator import answers


class PauseRequest(BaseModel):
    """Body of `POST /pipelines/{id}/pause`, which may be left out."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    reason: Annotated[
        str,
        Field(
            max_length=500,
            pattern=r"^[^\x00-\x1f\x7f]*$",
            description="why, for whoever finds the pipeline paused",
        ),
        Expect("a text of 500 characters at most, on one line"),
    ] = ""


def pause(given: str, body: str | bytes | None, caller: str, settings: Settings) -> "answers.automation.PipelinePaused":
    """Pause a pipeline, or give a pause another reason; raises the errors of `orchestrator.errors`."""
    asked = problems.validated(PauseRequest, documents.read_if_given(body))
    pipeline = _automatic(given, settings)
    now = Pause(at=datetime.now(UTC), by=caller, reason=asked.reason)
    pauses.pause(settings.launch.pipelines_bucket, pipeline.common_name, now)
    return {
        "message": f"{pipeline.short_name} is paused: nothing of it is done by itself. What runs already goes on.",
        "pipeline_id": pipeline.id,
        "paused": now.description(),
    }


def resume(given: str, settings: Settings) -> "answers.automation.PipelineResumed":
    """Take the pause of a pipeline away, if there is one; raises the errors of `orchestrator.errors`."""
    pipeline = _automatic(given, settings)
    bucket = settings.launch.pipelines_bucket
    was = pauses.find(bucket, pipeline.common_name)
    pauses.resume(bucket, pipeline.common_name)
    words = "goes on by itself again" if was else "was not paused"
    return {"message": f"{pipeline.short_name} {words}.", "pipeline_id": pipeline.id}


def _automatic(given: str, settings: Settings) -> Pipeline:
    found = lookup.find(given, settings)
    name = found.pipeline.short_name
    if found.removal is not None:
        raise UnfitStateError(f"{name} is being deleted.")
    if not found.pipeline.automation:
        raise UnfitStateError(
            f"{name} does nothing by itself: its request has neither retrain nor baseline nor deploy_on_approval. What "
            "trains a model again is paused at the monitor that has it trained."
        )
    return found.pipeline
