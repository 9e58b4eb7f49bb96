# SPDX-License-Identifier: Apache-2.0
"""Rule for the daily digest; not made unless the launch names an hour for it."""

from __future__ import annotations

from troposphere import Sub, Template, events

from generator import conditions
from generator.root import orchestrator
from generator.root.events import jobs
from generator.root.events.digest_policy import HOUR
from orchestrator.events.digest import names


def add_to(template: Template) -> None:
    """Add the rule; the permission of the rules for jobs is for this one, too."""
    template.add_resource(
        events.Rule(
            "DigestRule",
            Condition=conditions.provided(template, HOUR),
            Name=jobs.named(names.RULE),
            Description="Has the orchestrator send the digest of the day",
            ScheduleExpression=Sub(f"cron(0 ${{{HOUR}}} * * ? *)"),
            Targets=[orchestrator.to_function()],
        )
    )
