# SPDX-License-Identifier: Apache-2.0
"""CodePipeline's events for the end of a pipeline execution or of a stage's deployment.

https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from orchestrator.values.per_stage import STAGES

PIPELINE_EVENT: Final = "CodePipeline Pipeline Execution State Change"
ACTION_EVENT: Final = "CodePipeline Action Execution State Change"

_STAGES: Final = {f"Deploy{stage.capitalize()}": stage for stage in STAGES}


def stage_named(pipeline_stage: str) -> str:
    """Return the environment of a pipeline's stage, e.g. `dev` for `DeployDev`; empty for any other stage."""
    return _STAGES.get(pipeline_stage, "")


@dataclass(frozen=True)
class End:
    """The end of an execution, or of an action that deploys an environment."""

    pipeline_arn: str
    pipeline: str
    execution: str
    attempt: str
    """Number of the attempt: a failed stage can be retried in the same execution, which then ends again."""
    state: str
    stage: str = ""
    """The pipeline's stage with the action; empty for the end of an execution."""
    action: str = ""
    action_execution: str = ""

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Read the event; raises `KeyError` if it is not CodePipeline's."""
        detail = event["detail"]
        return cls(
            pipeline_arn=event["resources"][0],
            pipeline=detail["pipeline"],
            execution=detail["execution-id"],
            attempt=str(detail.get("pipeline-execution-attempt", "")),
            state=detail["state"],
            stage=detail.get("stage", ""),
            action=detail.get("action", ""),
            action_execution=detail.get("action-execution-id", ""),
        )

    @property
    def sentence(self) -> str:
        """Description of the end, worded as in the earlier solution (compatibility 1.7)."""
        if self.stage:
            subject = f"{self.stage} action {self.action} in the Pipeline {self.pipeline}"
            return f"{subject} finished executing. Action execution result is {self.state}"
        return f"Pipeline {self.pipeline} finished executing. Pipeline execution result is {self.state}"

    @property
    def key(self) -> str:
        """Unique key of this end."""
        part = f"{self.stage}/{self.action_execution}" if self.stage else f"execution/{self.attempt}"
        return f"{self.pipeline}/{self.execution}/{part}/{self.state}"
