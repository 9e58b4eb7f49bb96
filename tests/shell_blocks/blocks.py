# SPDX-License-Identifier: Apache-2.0
"""Shell blocks of a page, in the order in which somebody reads them, with the requests that are shown between them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_BLOCK: Final = re.compile(r"^```(console|bash|sh|json)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_PROMPT: Final = "$ "


@dataclass(frozen=True)
class Command:
    """What somebody types, and the lines that the page shows as its output."""

    page: str
    line: int
    text: str
    output: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def starter(self) -> str:
        """The file into which it puts a starter request; empty for other commands."""
        found = re.search(r"mlops new .*(?:> |--out )(\S+\.json)", self.text)
        return found[1] if found else ""


@dataclass(frozen=True)
class Request:
    """A request that a page shows in full: the starter before it, filled in."""

    text: str


def pages() -> list[Path]:
    """Every page with a shell block."""
    every = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page for page in every if any(isinstance(step, Command) for step in steps(page))]


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def steps(page: Path) -> Iterator[Command | Request]:
    """The commands of a page, and the requests that it shows."""
    text = page.read_text(encoding="utf-8")
    for block in _BLOCK.finditer(text):
        kind, content = block.groups()
        if kind == "json":
            if '"pipeline_type"' in content and isinstance(json.loads(content), dict):
                yield Request(content)
            continue
        yield from _commands(name(page), text[: block.start()].count("\n") + 2, content.splitlines())


def _commands(page: str, first: int, lines: list[str]) -> Iterator[Command]:
    found: list[tuple[int, list[str], list[str]]] = []
    for number, line in enumerate(lines, first):
        if line.startswith(_PROMPT):
            found.append((number, [line.removeprefix(_PROMPT)], []))
        elif found and _goes_on("\n".join(found[-1][1])):
            found[-1][1].append(line)
        else:
            assert found, f"{page}:{number}: a block of a shell begins with a command after `$ `"
            found[-1][2].append(line)
    for number, words, output in found:
        yield Command(page, number, "\n".join(words), tuple(output))


def _goes_on(text: str) -> bool:
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return True
    return text.endswith("\\")
