# SPDX-License-Identifier: Apache-2.0
"""Output, options and exit statuses of the demos."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from mlops_orchestrator.aws.stack_following import StackEvent
from scripts.cli import errors
from scripts.cli.display import letters
from scripts.cli.display.screens import elapsed
from scripts.cli.errors import CommandError
from scripts.cli.output import Output
from scripts.launch.deployment import Audience


class DemoError(CommandError):
    """Raised if the demo did not show what it should; `str()` gives the reason."""


class Story(Audience):
    """Output of a demo: chapters with the time, sentences, and only the beginning and end of a stack.

    A program gets a line for each: `state` for a chapter, `event` for the others, and `result` with the time of each
    chapter at the end.
    """

    def __init__(self, output: Output | None = None) -> None:
        self._output = output or Output()
        self._started = time.monotonic()
        self._made = 0
        self._chapters = list[tuple[str, float]]()

    def chapter(self, title: str) -> None:
        """Begin a new chapter."""
        passed = self._passed()
        self._chapters.append((title, passed))
        self._output.line("state", {"step": len(self._chapters), "title": title, "seconds": passed})
        self._output.say(f"\n[{passed:4.1f} s] {title}")

    def say(self, text: str) -> None:
        """Write a sentence."""
        self._output.line("event", {"step": len(self._chapters), "text": text})
        self._output.say(f"  {text}")

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write a table."""
        listed = list(rows)
        self._output.line("event", {"step": len(self._chapters), "columns": list(columns), "rows": listed})
        self._output.table(columns, listed)

    def mail(self, subject: str, text: str) -> None:
        """Write a mail, as a person would read it."""
        self._output.line("event", {"step": len(self._chapters), "subject": subject, "text": text})
        self._output.say(f"  | Subject: {subject or '(no subject)'}")
        for line in letters.lines(text, self._output.width - 4):
            self._output.say(f"  | {line}".rstrip())

    def event(self, event: StackEvent) -> None:
        """Receive a change of state of a stack or resource."""
        self._made += event.status == "CREATE_COMPLETE" and not event.of_stack
        if event.is_failure:
            self._output.event(event)
        elif event.of_stack and event.status == "CREATE_COMPLETE":
            self.say(f"{event.logical_id}: {self._made} resources made")

    def end(self) -> None:
        """Write how long each chapter took."""
        ends = [*(began for _, began in self._chapters[1:]), self._passed()]
        steps = [
            {"title": title, "seconds": round(end - began, 1)}
            for (title, began), end in zip(self._chapters, ends, strict=True)
        ]
        self._output.line("result", {"state": "Succeeded", "seconds": self._passed(), "steps": steps})
        self._output.say(f"  It took {elapsed(self._passed())} minutes.")

    def _passed(self) -> float:
        return round(time.monotonic() - self._started, 1)


def tell(
    run: Callable[[Story], None], module: Mapping[str, Any], in_stages: Callable[[Story], None] | None = None
) -> int:
    """Run a demo with the options of the command line; the exit status is 0 if it succeeds.

    `module` is the demo's `globals()`: its docstring is the help. `in_stages` is the same story in several accounts.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m {module['__spec__'].name}",
        description=module["__doc__"],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="write the steps with their times as lines of JSON")
    if in_stages is not None:
        parser.add_argument("--multi", action="store_true", help="tell the story in the accounts of several stages")
    options = parser.parse_args()
    output = Output("json" if options.json else "table")
    story = Story(output)
    try:
        (in_stages if in_stages is not None and options.multi else run)(story)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted: the local AWS of the demo is gone\n")
        return errors.INTERRUPTED
    except Exception as error:
        status = errors.report(error, output, sys.stderr)
        if status is None:
            raise
        return status
    story.end()
    return 0
