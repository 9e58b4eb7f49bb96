# SPDX-License-Identifier: Apache-2.0
"""The navigation: what docs/README.md leads to, in its order and under its headings. It is declared nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.paths import ROOT

GUIDE: Final = ROOT / "docs" / "README.md"
HOME: Final = ROOT / "README.md"
_FOLDER_PAGE: Final = "README.md"
_SECTION: Final = re.compile(r"^\| \*\*(?P<name>[^*]+)\*\* \| \|$")
_PAGE: Final = re.compile(r"\]\((?P<path>[^)#\s]+\.md)\)")


@dataclass(frozen=True)
class Section:
    """Part of the navigation, for one reader."""

    name: str
    pages: tuple[Path, ...]


def sections() -> tuple[Section, ...]:
    """Return the sections of the guide. A link to a heading leads to a page that stands elsewhere already."""
    found: list[Section] = []
    for line in GUIDE.read_text(encoding="utf-8").splitlines():
        if head := _SECTION.match(line):
            found.append(Section(head["name"], ()))
        elif found:
            last = found.pop()
            found.append(Section(last.name, (*last.pages, *_linked(line, GUIDE))))
    return tuple(found)


def below(page: Path) -> tuple[Path, ...]:
    """Return the pages below one: those of its folder and of the folders in it, in the order in which it names them."""
    if page.name != _FOLDER_PAGE or page in (GUIDE, HOME):
        return ()
    named = [path for path in _linked(page.read_text(encoding="utf-8"), page) if path.is_relative_to(page.parent)]
    return tuple(dict.fromkeys(named))


def pages() -> Iterator[Path]:
    """Yield each page: home, the guide, and what it leads to."""
    yield from (HOME, GUIDE)
    for page in (page for section in sections() for page in section.pages):
        yield page
        yield from below(page)


def _linked(text: str, page: Path) -> list[Path]:
    return [(page.parent / found["path"]).resolve() for found in _PAGE.finditer(text)]
