# SPDX-License-Identifier: Apache-2.0
"""Output of the commands: tables and progress on a terminal, plain lines in a file, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mlops_orchestrator.aws.stack_following import StackEvent

# Programs search the lines of a file for words, so no line is wrapped.
_WIDTH_OF_A_FILE: Final = 1000
_STYLES: Final = (
    ("FAILED", "red"),
    ("Failed", "red"),
    ("ROLLBACK", "red"),
    ("COMPLETE", "green"),
    ("Succeeded", "green"),
    ("PROGRESS", "yellow"),
    ("InProgress", "yellow"),
)


class Output:
    """Standard output of one command. With `as_json`, it is JSON and nothing else."""

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self.console = console(sys.stdout)

    @property
    def is_live(self) -> bool:
        """Whether the output is a terminal."""
        return not self.as_json and self.console.is_terminal

    def say(self, text: str) -> None:
        """Write a message."""
        if not self.as_json:
            self.console.print(text)

    def event(self, event: StackEvent) -> None:
        """Write an event of a stack's history."""
        if self.as_json:
            self.document(event.description())
            return
        line = Text(f"{event.at:%H:%M:%S}  ")
        line.append(f"{event.status:<36}", style=style(event.status))
        line.append(f"{event.logical_id:<40} {event.resource_type}")
        if event.reason and not event.reason.endswith("Initiated"):
            line.append(f"  {event.reason}", style=style(event.status))
        self.console.print(line)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
        """Write a table."""
        if not self.as_json:
            self.console.print(table(columns, rows, title))

    def document(self, content: Any) -> None:
        """Write a line of JSON if `as_json`; else nothing."""
        if self.as_json:
            sys.stdout.write(f"{json.dumps(content, default=str)}\n")
            sys.stdout.flush()


def console(stream: TextIO) -> Console:
    """Return a console on a stream that prints text unchanged."""
    width = None if stream.isatty() else _WIDTH_OF_A_FILE
    return Console(file=stream, highlight=False, markup=False, soft_wrap=True, width=width)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> Table:
    """Return a table with coloured states."""
    made = Table(*columns, box=SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
    for row in rows:
        made.add_row(*(Text(cell, style=style(cell), overflow="fold") for cell in row))
    return made


def style(state: str) -> str:
    """Return the colour of a state; empty for other words."""
    return next((colour for part, colour in _STYLES if part in state and " " not in state), "")
