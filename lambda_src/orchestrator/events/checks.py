# SPDX-License-Identifier: Apache-2.0
"""What no event tells of, and is looked at every five minutes: jobs without events, approvals that wait for nobody."""

from __future__ import annotations

from orchestrator.events import approvals
from orchestrator.events.jobs import reports
from orchestrator.events.origin import Event
from orchestrator.launch.settings import Settings


def check(event: Event, used: Settings, invocation: str) -> Event:
    """Look at all of it; raises what the check of jobs raises, so that the event is tried again."""
    if used.multi_account is not None:
        approvals.check(event)
    return reports.check(event, used, invocation)
