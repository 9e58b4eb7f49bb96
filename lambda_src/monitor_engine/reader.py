# SPDX-License-Identifier: Apache-2.0
"""Values of a job's environment, each a text, read with every problem in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from monitor_engine import storage
from monitor_engine.problems import EngineError
from monitor_engine.storage import Folder, Location

Value = TypeVar("Value")


class Reader:
    """The environment, with every problem in it."""

    def __init__(self, environment: Mapping[str, str], work: Path) -> None:
        self.environment = environment
        self.problems: list[str] = []
        self.sources: list[tuple[Folder, Path]] = []
        self._work = work

    def text(self, name: str, default: str = "") -> str:
        """Return a value without spaces around it."""
        return self.environment.get(name, "").strip() or default

    def needed(self, name: str) -> str:
        """Return a value that every job has."""
        if not self.text(name):
            self.problems.append(f"{name} is missing")
        return self.text(name)

    def one_of(self, name: str, known: tuple[str, ...], default: str) -> str:
        """Return a value that is one of some."""
        found = self.text(name, default)
        if found not in known:
            self.problems.append(f"{name} is {found!r}: give one of {', '.join(filter(None, known))}")
        return found

    def tried(self, read: Callable[[], Value], otherwise: Value) -> Value:
        """Return what is read, or something else with one more problem."""
        try:
            return read()
        except EngineError as error:
            self.problems.append(str(error))
            return otherwise

    def location(self, name: str) -> Location | None:
        """Return the place that a value names."""
        text = self.text(name)
        return self.tried(lambda: storage.location(text), None) if text else None

    def path(self, name: str) -> Path | None:
        """Return a file; an object of S3 has a place of this machine, to which it is to be copied."""
        place = self.location(name)
        if not isinstance(place, Folder):
            return place
        self.sources.append((place, self._work / name / place.name))
        return self.sources[-1][1]

    def output(self, folder: str) -> tuple[Path, Folder | None]:
        """Return where the files are written, below a run's own folder, and where they go from there."""
        place = self.run(folder)
        return (self._work / "output", place) if isinstance(place, Folder) else (place, None)

    def run(self, folder: str) -> Location:
        """Return a run's own folder below the place of all."""
        place = self.location("output_path") or Path()
        return place.below(folder) if isinstance(place, Folder) else place / folder
