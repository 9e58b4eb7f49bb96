# SPDX-License-Identifier: Apache-2.0
"""Part of a terminal that changes in place, and lines above it that stay."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text


def elapsed(seconds: float) -> str:
    """Return a time as minutes and seconds, such as `1:05`; with hours when there are some, such as `1:01:05`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Screen:
    """Part that changes in place. Its last line is the time since it was begun."""

    def __init__(self, console: Console, make: Callable[[float], RenderableType] | None = None) -> None:
        self._console = console
        self._began = time.monotonic()
        self._make = make
        self._parts: tuple[RenderableType, ...] = ()
        self._said = set[str]()

    def show(self, *parts: RenderableType) -> None:
        """Replace what is shown."""
        self._parts = parts

    def say(self, text: str) -> None:
        """Write a text above, to stay; once, however often it is said. No line is divided, so it can be copied."""
        if text not in self._said:
            self._said.add(text)
            self._console.print(Text(text), soft_wrap=True)

    def __rich__(self) -> RenderableType:
        passed = time.monotonic() - self._began
        if self._make is not None:
            return self._make(passed)
        return Group(*self._parts, Text(f"{elapsed(passed)} elapsed", style="dim"))


@contextmanager
def opened(console: Console, make: Callable[[float], RenderableType] | None = None) -> Iterator[Screen]:
    """Open a screen on a terminal. `make` gives what is shown from the seconds since it was opened."""
    screen = Screen(console, make)
    # Lines that go on beyond the edge would be cut in a part that changes.
    soft_wrap, console.soft_wrap = console.soft_wrap, False
    try:
        with Live(screen, console=console, refresh_per_second=4, transient=make is not None):
            yield screen
    finally:
        console.soft_wrap = soft_wrap
