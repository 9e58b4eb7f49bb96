# SPDX-License-Identifier: Apache-2.0
"""CodeBuild builds: the reason for a failure.

https://docs.aws.amazon.com/codebuild/latest/APIReference/API_Build.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.aws.calls import calling, client

_BAD_ENDS: Final = frozenset({"FAILED", "FAULT", "TIMED_OUT", "STOPPED", "CLIENT_ERROR"})


@dataclass(frozen=True)
class BuildFailure:
    """The first phase of a build that failed, the reason that CodeBuild gives, and the address of the log."""

    phase: str
    reason: str
    log: str
    """Address in the console; empty without a log."""


def failure(build_id: str) -> BuildFailure | None:
    """Return the failure of a build; `None` if it did not fail, or CodeBuild no longer has it."""
    with calling(f"describe the build {build_id}"):
        found = client("codebuild").batch_get_builds(ids=[build_id])["builds"]
    for build in found:
        for phase in build.get("phases", ()):
            if phase.get("phaseStatus") in _BAD_ENDS:
                return BuildFailure(phase["phaseType"], _reason(phase), build.get("logs", {}).get("deepLink", ""))
    return None


def _reason(phase: Mapping[str, Any]) -> str:
    messages = (context.get("message", "") for context in phase.get("contexts", ()))
    return "; ".join(filter(None, messages)) or f"it ended as {phase['phaseStatus']}"
