# SPDX-License-Identifier: Apache-2.0
"""Lays the pages of the project out as the source of the site."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from scripts.paths import ROOT
from scripts.site import navigation, rewriting

_DOCS: Final = ROOT / "docs"
_NAMES: Final = {
    navigation.HOME: "index.md",
    navigation.GUIDE: "guide.md",
    ROOT / "SECURITY.md": "security-policy.md",
    ROOT / "scripts" / "local_aws" / "README.md": "local-aws-from-within.md",
}
"""What does not get its own name."""


def place(source: Path) -> Path:
    """Return where a file of the project stands in the site, from its top."""
    if name := _NAMES.get(source):
        return Path(name)
    if source.is_relative_to(_DOCS):
        path = source.relative_to(_DOCS)
        return path.with_name("index.md") if path.name == "README.md" else path
    return Path(source.relative_to(ROOT).as_posix().lower())


@dataclass
class Stage:
    """Source of the site in a folder."""

    folder: Path
    draw: Callable[[str], str]
    """Diagram's source -> SVG."""
    _files: set[Path] = field(default_factory=set)

    def lay_out(self) -> None:
        """Write every page, and what it shows or leads to."""
        shutil.rmtree(self.folder, ignore_errors=True)
        pages = list(navigation.pages())
        for page in pages:
            self._write(place(page), self._rewritten(page, frozenset(pages)) + _contents(page))
        for file in self._files:
            copy = self.folder / place(file)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)

    def _write(self, path: Path, text: str) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def _rewritten(self, page: Path, pages: frozenset[Path]) -> str:
        here = place(page)

        def moved(link: str) -> str:
            target = (page.parent / link).resolve()
            if target not in pages:
                self._files.add(target)
            return os.path.relpath(place(target), here.parent)

        def drawn(source: str, title: str) -> str:
            name = f"{here.stem}-{''.join(letter if letter.isalnum() else '-' for letter in title.lower())}.svg"
            self._write(here.parent / name, self.draw(source))
            return name

        text = rewriting.pictures(page.read_text(encoding="utf-8"))
        # Links first: diagrams stand beside the page already.
        return rewriting.diagrams(rewriting.links(text, moved), drawn)


def _contents(page: Path) -> str:
    """Return the navigation below a page."""
    if page == navigation.HOME:
        lists = [_list(section.name, map(place, section.pages)) for section in navigation.sections()]
        return "".join([_list("", [place(navigation.GUIDE)]), *lists])
    here = place(page).parent
    return _list("", [path.relative_to(here) for path in map(place, navigation.below(page))])


def _list(caption: str, paths: Iterable[Path]) -> str:
    lines = [str(path) for path in paths]
    if not lines:
        return ""
    said = [f":caption: {caption}"] if caption else []
    return "\n".join(["", "```{toctree}", ":hidden:", *said, "", *lines, "```", ""])
