# SPDX-License-Identifier: Apache-2.0
"""State of a pipeline with the work that it started, from the answer of `GET /pipelines/{id}`.

Where the API tells no state, as that of an earlier release, the deployment alone decides, and the reason says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlops_orchestrator.aws import pipeline_status
from mlops_orchestrator.aws.pipeline_status import PipelineStatus

DEPLOYING: Final = "Deploying"
SUCCEEDED: Final = "Succeeded"
FAILED: Final = "Failed"
_BAD_ENDS: Final = frozenset({FAILED, "Unhealthy"})
_WORK_GOES_ON: Final = "Running"
_ONLY_DEPLOYED: Final = "It is deployed; the API tells nothing of the work that this started."


@dataclass(frozen=True)
class PipelineState:
    """A pipeline as it is now."""

    deployment: PipelineStatus
    """Its newest execution."""
    details: Mapping[str, Any]
    """The API's answer; empty if it has none."""

    @property
    def execution(self) -> str:
        """Its newest execution; empty while there is none."""
        return self.deployment.execution

    @property
    def name(self) -> str:
        """The state, such as `Running`."""
        if "state" in self.details:
            return str(self.details["state"])
        if self.deployment.has_failed:
            return FAILED
        return SUCCEEDED if self.deployment.has_succeeded else DEPLOYING

    @property
    def reason(self) -> str:
        """Why, in a sentence; empty if there is nothing to say."""
        if "state" not in self.details and self.deployment.has_succeeded:
            return _ONLY_DEPLOYED
        return str(self.details.get("state_reason", ""))

    @property
    def sentence(self) -> str:
        """The state with its reason."""
        return f"{self.name}: {self.reason}" if self.reason else f"{self.name}."

    @property
    def is_running(self) -> bool:
        """Whether all is deployed and its work goes on."""
        return self.name == _WORK_GOES_ON

    @property
    def has_failed(self) -> bool:
        """Whether what was asked for failed, or is not in order."""
        return self.name in _BAD_ENDS

    @property
    def has_succeeded(self) -> bool:
        """Whether all that was asked for is done and in order."""
        return self.name == SUCCEEDED

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come of what was asked for."""
        return self.has_failed or self.has_succeeded

    @property
    def needs_person(self) -> bool:
        """Whether the newest execution needs a decision to go on."""
        return self.deployment.needs_person


def read(details: Mapping[str, Any]) -> PipelineState:
    """Parse an answer of `GET /pipelines/{id}` with status 200."""
    waiting = {"message": str(details.get("state_reason", "")), "stack_status": str(details.get("stack_status", ""))}
    return PipelineState(pipeline_status.read(details.get("pipeline") or waiting), details)
