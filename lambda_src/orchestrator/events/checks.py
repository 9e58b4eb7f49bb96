# SPDX-License-Identifier: Apache-2.0
"""Work by the clock: the digest of the day, and checks every five minutes of what sends no events.

These are about jobs of some kinds, and about pending approvals.
"""

from __future__ import annotations

from orchestrator import on_demand
from orchestrator.events import approvals
from orchestrator.events.digest import names
from orchestrator.events.jobs import reports
from orchestrator.events.origin import Event
from orchestrator.launch.settings import Settings


def check(event: Event, used: Settings, invocation: str) -> Event:
    """Do what the rule is for: send the digest, or run all checks.

    Raises the errors of the digest and of the check of jobs, so that the event is retried.
    """
    if names.is_due(event):
        return on_demand.function("events.digest.reports:send")(event, used, invocation)
    if used.multi_account is not None:
        approvals.check(event)
    return reports.check(event, used, invocation)
