# SPDX-License-Identifier: Apache-2.0
"""Schedules of EventBridge Scheduler."""

from __future__ import annotations

from typing import Any, Final

from orchestrator.aws.calls import calling, client
from orchestrator.errors import ServiceRefusedError

ENABLED: Final = "ENABLED"
"""State of a schedule that starts its target."""
_NOT_THERE: Final = "ResourceNotFoundException"


def find(name: str) -> dict[str, Any] | None:
    """Return the response of GetSchedule; `None` if there is no such schedule in the default group.

    https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetSchedule.html
    """
    try:
        with calling(f"describe the schedule {name}"):
            answer: dict[str, Any] = client("scheduler").get_schedule(Name=name)
    except ServiceRefusedError as error:
        if error.code == _NOT_THERE:
            return None
        raise
    return answer
