# SPDX-License-Identifier: Apache-2.0
"""Output and exit statuses of the demos."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from mlops_orchestrator.aws.stack_following import StackEvent
from scripts.cli import errors
from scripts.cli.output import Output


class DemoError(Exception):
    """Raised if the demo did not show what it should; `str()` gives the reason."""


class Story:
    """Output of a demo: chapters with the time, sentences, and only the beginning and end of a stack."""

    def __init__(self) -> None:
        self._output = Output()
        self._started = time.monotonic()
        self._made = 0
        self.table = self._output.table

    def chapter(self, title: str) -> None:
        """Begin a new chapter."""
        self._output.say(f"\n[{time.monotonic() - self._started:4.1f} s] {title}")

    def say(self, text: str) -> None:
        """Write a sentence."""
        self._output.say(f"  {text}")

    def event(self, event: StackEvent) -> None:
        """Receive a change of state of a stack or resource."""
        self._made += event.status == "CREATE_COMPLETE" and not event.of_stack
        if event.is_failure:
            self._output.event(event)
        elif event.of_stack and event.status == "CREATE_COMPLETE":
            self.say(f"{event.logical_id}: {self._made} resources made")


def tell(run: Callable[[Story], None]) -> int:
    """Run a demo; the exit status is 0 if it succeeds."""
    try:
        run(Story())
    except DemoError as error:
        sys.stderr.write(f"the demo failed: {error}\n")
        return errors.FAILED
    except KeyboardInterrupt:
        return errors.FAILED
    except Exception as error:
        status = errors.report(error, Output(), sys.stderr)
        if status is None:
            raise
        return status
    return 0
