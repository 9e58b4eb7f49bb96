# SPDX-License-Identifier: Apache-2.0
"""What happened in the loop's demo: when, by whom, and what of it the product recorded as its own steps."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

WORLD: Final = "the world"
PERSON: Final = "a person"
ITSELF: Final = "by itself"
MESSAGE: Final = "a message"
_MINUTE: Final = 60


@dataclass(frozen=True)
class Event:
    """One line."""

    seconds: float
    """Since the beginning."""
    who: str
    what: str

    @property
    def cells(self) -> tuple[str, str, str]:
        """What a table has of it."""
        minutes, seconds = divmod(int(self.seconds), _MINUTE)
        return f"{minutes}:{seconds:02}", self.who, self.what


@dataclass
class Timeline:
    """All of it, in the order of time."""

    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    _started: float = field(default_factory=time.monotonic)
    _events: list[Event] = field(default_factory=list)

    def add(self, who: str, what: str) -> None:
        """Add what happens now."""
        self._events.append(Event(time.monotonic() - self._started, who, what))

    def take(self, steps: list[Mapping[str, Any]]) -> None:
        """Add the steps that a pipeline's `automation` tells of; those are the product's own record."""
        for step in steps:
            passed = (datetime.fromisoformat(step["at"]) - self.began).total_seconds()
            what = f"{step['step'].replace('_', ' ')} {step['outcome']}: {step['detail'] or step['cause']}"
            self._events.append(Event(max(passed, 0.0), ITSELF, what))

    def __iter__(self) -> Iterator[Event]:
        return iter(sorted(self._events, key=lambda event: event.seconds))
