# SPDX-License-Identifier: Apache-2.0
"""Types of what responses say of what pipelines do by themselves. See `answers`."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from typing_extensions import TypedDict

from orchestrator.answers.members import Message, PipelineId


class PauseState(TypedDict):
    """The pause of a pipeline."""

    at: datetime
    by: str
    """ARN of the caller"""
    reason: str


class RetrainState(TypedDict):
    """When a monitor has a training pipeline run, as its request says, with the defaults of what it leaves out."""

    pipeline: str
    on: list[str]
    """checks whose violations count; any if there is none"""
    cooldown: str
    max_per_week: int
    data: Literal["request", "merged"]
    minimum_rows: int
    validation_share: float
    days: int


class AutomaticStep(TypedDict):
    """A step that was taken by itself, or why it was not."""

    at: datetime
    step: Literal["retrain", "prepare_data", "deploy", "roll_back", "follow_baseline"]
    cause: str
    outcome: Literal["started", "held", "failed", "done"]
    detail: str


class Automation(TypedDict):
    """What a pipeline does by itself."""

    paused: PauseState | None
    retrain: RetrainState | None
    deploy_on_approval: bool
    baseline: Literal["follow"] | None
    steps: list[AutomaticStep]
    """the newest ten, the newest first"""


class PipelinePaused(TypedDict):
    """Nothing of the pipeline is done by itself."""

    message: Message
    pipeline_id: PipelineId
    paused: PauseState


class PipelineResumed(TypedDict):
    """The pipeline goes on by itself."""

    message: Message
    pipeline_id: PipelineId
