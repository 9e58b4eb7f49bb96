# SPDX-License-Identifier: Apache-2.0
"""The navigation of the site: every page of the guide, once; what is laid out leads from one page to the other."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from scripts import paths
from scripts.site import navigation, staging
from scripts.site.staging import Stage

_DOCS = paths.ROOT / "docs"
_READERS = ["Start", "Use", "Operate", "Reference", "Build"]
_TOCTREE = re.compile(r"^```\{toctree\}\n(?P<inside>.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source of the site."""
    folder = tmp_path_factory.mktemp("site") / "source"
    Stage(folder, lambda diagram: f"<svg>{len(diagram)}</svg>").lay_out()
    return folder


def test_every_page_of_the_guide_is_named_once() -> None:
    named = Counter(page.relative_to(paths.ROOT).as_posix() for page in navigation.pages())
    assert {name: times for name, times in named.items() if times > 1} == {}
    assert {page.relative_to(paths.ROOT).as_posix() for page in _DOCS.rglob("*.md")} - named.keys() == set()


def test_there_is_a_section_for_each_reader() -> None:
    assert [section.name for section in navigation.sections()] == _READERS
    assert all(section.pages for section in navigation.sections())


def test_no_two_pages_have_one_place() -> None:
    places = Counter(map(staging.place, navigation.pages()))
    assert {str(place): times for place, times in places.items() if times > 1} == {}
    assert staging.place(navigation.HOME) == Path("index.md")


def test_what_is_laid_out_is_named_by_one_navigation(laid_out: Path) -> None:
    listed = Counter(
        (page.parent / line).relative_to(laid_out).as_posix()
        for page in laid_out.rglob("*.md")
        for found in _TOCTREE.finditer(page.read_text(encoding="utf-8"))
        for line in found["inside"].splitlines()
        if line and not line.startswith(":")
    )
    there = {page.relative_to(laid_out).as_posix() for page in laid_out.rglob("*.md")}
    assert listed == Counter(there - {"index.md"})


def test_every_link_leads_to_a_file_that_is_laid_out(laid_out: Path) -> None:
    broken = []
    for page in laid_out.rglob("*.md"):
        text = re.sub(r"^```.*?^```$|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        links = (link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if ":" not in link)
        broken += [f"{page.name}: {link}" for link in links if link and not (page.parent / link).is_file()]
    assert broken == []


def test_what_a_page_shows_and_hands_out_is_there(laid_out: Path) -> None:
    assert (laid_out / "images" / "monitor-report.svg").is_file()
    assert (laid_out / "examples" / "python_client.ipynb").is_file()
    assert "```mermaid" not in "".join(page.read_text(encoding="utf-8") for page in laid_out.rglob("*.md"))


def test_make_tells_of_the_site() -> None:
    told = subprocess.run(("make", "help"), cwd=paths.ROOT, capture_output=True, text=True, check=True).stdout
    assert re.search(r"^  make site +The guide as a site with search", told, re.MULTILINE)
