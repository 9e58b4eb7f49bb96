# SPDX-License-Identifier: Apache-2.0
"""Expected origin of an event: only events from it are handled.

EventBridge's rules deliver nothing else, but a principal that may invoke the function can pass it any event: see "Who
may call" in docs/security.md.
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
    """A kind of event: its senders and its handler."""

    sources: tuple[str, ...]
    """EventBridge's `source`: the services."""
    handler: str
    """`module:function`, imported when such an event arrives."""
    from_stages: bool = False
    """Whether the accounts of dev, staging and prod send it, too."""
    of_uploads: bool = False
    """Whether it is about an object in the configuration bucket."""

    def handle(self, event: Event, settings: Settings, invocation: str) -> Event:
        """Call the handler; Lambda's retries keep the id of the invocation."""
        return on_demand.function(self.handler)(event, settings, invocation)

    def is_origin_of(self, event: Mapping[str, Any], settings: Settings) -> bool:
        """True if the event comes from the expected service, account and bucket."""
        accounts = {settings.account, *(settings.stage_accounts if self.from_stages else ())}
        if event.get("source") not in self.sources or event.get("account") not in accounts:
            return False
        return not self.of_uploads or event["detail"]["bucket"]["name"] == settings.config_bucket
