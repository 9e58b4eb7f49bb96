# SPDX-License-Identifier: Apache-2.0
"""Where an event must come from to be acted upon.

EventBridge's rules deliver nothing else. Whoever may invoke the function can hand it any text, though: see "Who may
call" in docs/security.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator import on_demand
from orchestrator.launch.settings import Settings

Event = dict[str, Any]


@dataclass(frozen=True)
class Expected:
    """One kind of event: who sends it, and what takes it."""

    sources: tuple[str, ...]
    """EventBridge's `source`: the services."""
    handler: str
    """`module:function`, imported when such an event comes."""
    from_stages: bool = False
    """Whether the accounts of dev, staging and prod send it, too."""
    of_uploads: bool = False
    """Whether it tells of an object in the configuration bucket."""

    def handle(self, event: Event, settings: Settings, invocation: str) -> Event:
        """Have it handled; Lambda's own retries keep the id of the invocation."""
        return on_demand.function(self.handler)(event, settings, invocation)

    def is_origin_of(self, event: Mapping[str, Any], settings: Settings) -> bool:
        """Whether the event's service, account and bucket are those that it must come from."""
        accounts = {settings.account, *(settings.stage_accounts if self.from_stages else ())}
        if event.get("source") not in self.sources or event.get("account") not in accounts:
            return False
        return not self.of_uploads or event["detail"]["bucket"]["name"] == settings.config_bucket
