# SPDX-License-Identifier: Apache-2.0
"""How values look on the page. A colour never says anything that no word says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from flask import Flask

from mlops_orchestrator.settings import hints

_LOOKS: Final = {
    "Succeeded": "good",
    "Completed": "good",
    "Approved": "good",
    "InService": "good",
    "Scheduled": "good",
    "Failed": "bad",
    "Unhealthy": "bad",
    "Stopped": "bad",
    "Rejected": "bad",
    "CompletedWithViolations": "bad",
    "Waiting for approval": "asks",
    "PendingManualApproval": "asks",
    "PendingReview": "asks",
    "Deploying": "works",
    "Running": "works",
    "InProgress": "works",
}
"""Word of a state -> how it looks; any other is plain."""
_WHOLE_MS: Final = 10
"""Milliseconds from which on a tenth does not matter."""


def install(app: Flask) -> None:
    """Give templates these filters."""
    app.add_template_filter(look)
    app.add_template_filter(minute)
    app.add_template_filter(pretty)
    app.add_template_filter(figure)
    app.add_template_filter(milliseconds)
    app.add_template_filter(hints.command, "command")


def look(state: str | None) -> str:
    """Return the class of a state."""
    return _LOOKS.get(state or "", "plain")


def minute(time: str | datetime | None) -> str:
    """Return a time to the minute, in UTC; empty without one."""
    if not time:
        return ""
    moment = datetime.fromisoformat(time) if isinstance(time, str) else time
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def pretty(value: Any) -> str:
    """Return a value as JSON to read and to keep."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def milliseconds(value: float) -> str:
    """Return a latency without digits that nobody needs."""
    return f"{value:.0f}" if value >= _WHOLE_MS else f"{value:.1f}"


def figure(value: float) -> str:
    """Return a number of a model as people read it."""
    return f"{value:.6g}"
