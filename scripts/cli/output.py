# SPDX-License-Identifier: Apache-2.0
"""Output of the commands: tables and progress on a terminal, plain lines in a file, JSON for programs.

docs/machine-output.md says what programs get: one object of a command, or lines with a `kind` while it works.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import date
from pathlib import PurePath
from typing import Any, Final, Literal, TextIO

from rich.console import Console
from rich.text import Text

from mlops_orchestrator.aws.stack_following import StackEvent
from scripts.cli.display import screens
from scripts.cli.display.progress import StackProgress
from scripts.cli.display.screens import Screen
from scripts.cli.display.states import style
from scripts.cli.display.tables import table
from scripts.cli.options import Form

__all__ = ["Form", "Output", "console", "style", "table"]

Kind = Literal["event", "state", "result"]

# Whether this command answers in lines. The edge, which reports its failure, has another `Output`.
_has_lines: Final = ContextVar("has_lines", default=False)

# Programs search the lines of a file for words, so no line is wrapped.
_WIDTH_OF_A_FILE: Final = 1000
_READABLE_WIDTH: Final = 78


class Output:
    """Standard output of one command. As `json`, it is JSON and nothing else; `text` has tabs and no colour.

    With `lines`, each event is a line on a terminal, too.
    """

    def __init__(self, form: Form = "table", lines: bool = False) -> None:
        self.form = form
        self._lines = lines
        self._progress: StackProgress | None = None
        self.console = console(sys.stdout)
        if form == "text":
            self.console.no_color = True

    @property
    def as_json(self) -> bool:
        """Whether a program reads it."""
        return self.form == "json"

    @property
    def is_live(self) -> bool:
        """Whether the output is a terminal, on which something can change in place."""
        return self.form == "table" and self.console.is_terminal and not self._lines

    @property
    def width(self) -> int:
        """Columns in which a text is easily read."""
        return min(self.console.width, _READABLE_WIDTH)

    def say(self, text: str) -> None:
        """Write a message. No line of it is divided, so that commands in it can be copied."""
        if not self.as_json:
            self.console.print(text)

    def event(self, event: StackEvent) -> None:
        """Write an event of a stack's history; where a progress is shown, in there, unless it is a failure."""
        if self.as_json:
            self.line("event", event.description())
            return
        if self._progress is not None:
            self._progress.see(event)
            if self.is_live and not event.is_failure:
                return
        line = Text(f"{event.at:%H:%M:%S}  ")
        line.append(f"{event.status:<36}", style=style(event.status))
        line.append(f"{event.logical_id:<40} {event.resource_type}")
        if event.reason and not event.reason.endswith("Initiated"):
            line.append(f"  {event.reason}", style=style(event.status))
        self.console.print(line)

    @contextmanager
    def following(self, stack_name: str, resources: int) -> Iterator[None]:
        """Show the progress of a stack in the block, and a sentence at its end."""
        progress, began = StackProgress(stack_name, resources), time.monotonic()
        self._progress = progress
        try:
            with screens.opened(self.console, progress.shown) if self.is_live else nullcontext():
                yield
        finally:
            self._progress = None
        self.say(progress.summary(time.monotonic() - began))

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
        """Write a table; where it is too wide for the terminal, a block of lines for each row."""
        if self.form == "table":
            self.console.print(table(columns, rows, title))
        elif self.form == "text":
            # Not by the console, which makes spaces of tabs.
            sys.stdout.write(f"{table(columns, rows, title).as_text()}\n")

    def document(self, content: Any) -> None:
        """Write the object of a command that answers once, if a program reads it; else nothing."""
        if self.as_json:
            sys.stdout.write(f"{json.dumps(content, default=_plain)}\n")
            sys.stdout.flush()

    def failure(self, content: Mapping[str, Any]) -> None:
        """Write a failure, if a program reads it: the only object, or the result of lines that were begun."""
        self.document({"kind": "result", **content} if _has_lines.get() else content)

    def line(self, kind: Kind, content: Mapping[str, Any]) -> None:
        """Write a line of a command that goes on, if a program reads it; else nothing.

        `event` is something that happened, `state` how it is now, `result` the last line with the final state.
        """
        _has_lines.set(True)
        self.document({"kind": kind, **content})

    @contextmanager
    def screen(self) -> Iterator[Screen]:
        """Open a part of the terminal that changes in place; nobody sees what is shown there if output is not live."""
        if not self.is_live:
            yield Screen(self.console)
            return
        with screens.opened(self.console) as screen:
            yield screen


def console(stream: TextIO) -> Console:
    """Return a console on a stream that prints text unchanged."""
    width = None if stream.isatty() else _WIDTH_OF_A_FILE
    return Console(file=stream, highlight=False, markup=False, soft_wrap=True, width=width)


def _plain(value: Any) -> str:
    """Return a value that JSON has no form for. Raise TypeError for one that is no part of an answer."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, PurePath):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
