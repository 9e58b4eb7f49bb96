# SPDX-License-Identifier: Apache-2.0
"""Progress of a stack in two lines: how much is done, and what CloudFormation works on now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.text import Text

from mlops_orchestrator.aws.stack_following import StackEvent
from scripts.cli.display.screens import elapsed
from scripts.cli.display.states import style

_MOST_NAMED: Final = 3
_ENDS: Final = ("_COMPLETE", "_FAILED", "_SKIPPED")


class StackProgress:
    """What is known of an operation on a stack from its events."""

    def __init__(self, stack_name: str, resources: int = 0) -> None:
        """`resources` are to change; 0 if nobody knows how many."""
        self._name = stack_name
        self._resources = resources
        self._status = ""
        self._done = set[str]()
        self._working = dict[str, None]()

    def see(self, event: StackEvent) -> None:
        """Take note of an event."""
        if event.of_stack:
            self._status = event.status
        elif event.status.endswith(_ENDS):
            self._done.add(event.logical_id)
            self._working.pop(event.logical_id, None)
        else:
            # A resource may begin again, as in a roll-back.
            self._done.discard(event.logical_id)
            self._working[event.logical_id] = None

    def shown(self, seconds: float) -> Text:
        """Return the lines for a terminal, `seconds` after the beginning."""
        status = self._status or "waiting for CloudFormation"
        made = Text.assemble(f"{self._name}  ", (status, style(status)))
        made.append(f"  {self._counted()}  {elapsed(seconds)}")
        if self._working:
            made.append("\n").append_text(now(list(self._working)))
        return made

    def summary(self, seconds: float) -> str:
        """Return the sentence for the end."""
        count = len(self._done)
        return f"{self._name}: {self._status}, {count} resource{'' if count == 1 else 's'} in {elapsed(seconds)}."

    def _counted(self) -> str:
        # A roll-back can touch more than the change did.
        known = f" of {self._resources}" if self._resources >= len(self._done) else ""
        return f"{len(self._done)}{known} resources"


def now(names: Sequence[str]) -> Text:
    """Return the line about what is worked on now."""
    more = len(names) - _MOST_NAMED
    listed = ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return Text(f"  now: {listed}", style="dim")
