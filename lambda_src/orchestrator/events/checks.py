# SPDX-License-Identifier: Apache-2.0
"""Checks every five minutes of what sends no events: jobs of some kinds, and pending approvals."""

from __future__ import annotations

from orchestrator.events import approvals
from orchestrator.events.jobs import reports
from orchestrator.events.origin import Event
from orchestrator.launch.settings import Settings


def check(event: Event, used: Settings, invocation: str) -> Event:
    """Run all checks; raises the errors of the check of jobs, so that the event is retried."""
    if used.multi_account is not None:
        approvals.check(event)
    return reports.check(event, used, invocation)
