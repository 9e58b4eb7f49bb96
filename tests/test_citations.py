# SPDX-License-Identifier: Apache-2.0
"""What is cited is in the repository: `compatibility 3.1` is a heading, `lesson 45` a line of a table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
CITED: Final = {
    "compatibility": ("compatibility.md", r"^#+ ([0-9.]*[0-9])\.? "),
    "lesson": ("lessons.md", r"^\| ([0-9]+) \|"),
}
"""What is cited -> its page, and how a number stands there."""
_NUMBER: Final = r"[0-9]+(?:\.[0-9]+)*"
# A citation may go on in the next line of a comment.
_GAP: Final = r"(?:\s+(?:#\s*)?)"
_BETWEEN: Final = rf"(?:,{_GAP}(?:and{_GAP})?|{_GAP}(?:and|or|to){_GAP}|-)"
CITATION: Final = re.compile(rf"\b(compatibility|lesson)s?{_GAP}({_NUMBER}(?:{_BETWEEN}{_NUMBER})*)", re.IGNORECASE)
ELSEWHERE: Final = re.compile(
    rf"\b(?:contract|defect|design|finding)s?{_GAP}(?:section{_GAP})?{_NUMBER}"
    r"|\b(?:contract|defects|design|house|(?:aws|security)-review)\.md\b|\bshared/[a-z-]+\.md\b"
    rf"|\bsections?{_GAP}[0-9.]+{_GAP}of{_GAP}the{_GAP}(?:contract|design)\b",
    re.IGNORECASE,
)
"""Documents that readers of the repository do not have."""
PAGE: Final = re.compile(r"\bdocs/[a-z_/-]+\.(?:md|json)\b")
FOLDERS: Final = (".github", "docs", "generator", "lambda_src", "scripts", "templates", "tests")
SUFFIXES: Final = {".cfg", ".json", ".md", ".py", ".toml", ".yaml", ".yml"}
RELEASES: Final = ROOT / "tests" / "releases"
"""They never change."""


@cache
def headings(document: str) -> frozenset[str]:
    """The numbers that can be cited."""
    page, pattern = CITED[document]
    return frozenset(re.findall(pattern, (ROOT / "docs" / page).read_text(encoding="utf-8"), re.MULTILINE))


def unresolved(text: str) -> list[str]:
    """Citations of what is not there."""
    found = [match.group() for match in ELSEWHERE.finditer(text)]
    for document, numbers in CITATION.findall(text):
        known = headings(document.lower())
        found += [f"{document} {number}" for number in re.findall(_NUMBER, numbers) if number not in known]
    found += [page for page in PAGE.findall(text) if not (ROOT / page).is_file()]
    return found


def texts() -> Iterator[tuple[str, str]]:
    """Every text of the repository, with its path."""
    inside = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    for path in [*ROOT.glob("*"), *inside]:
        if path.suffix in SUFFIXES and not path.is_relative_to(RELEASES) and path != Path(__file__):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def test_every_citation_is_of_something_in_the_repository() -> None:
    read = dict(texts())
    assert {name: found for name, text in read.items() if (found := unresolved(text))} == {}
    cited = {match[0].lower() for text in read.values() for match in CITATION.findall(text)}
    assert cited == CITED.keys()


@pytest.mark.parametrize("document", CITED)
def test_no_number_is_given_twice(document: str) -> None:
    page, pattern = CITED[document]
    numbers = re.findall(pattern, (ROOT / "docs" / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert numbers
    assert len(numbers) == len(set(numbers))


_ABSENT: Final = "999"

CASES: Final = {
    "several headings": ("(compatibility 3.1, 3.2)", []),
    "several lines": ("Lessons 1, 7, 14 and 81; Compatibility 1.7.", []),
    "no such heading": ("compatibility 3.99", ["compatibility 3.99"]),
    "the end of a range": ("Compatibility 3.10 to 3.98, 3.1-3.97", ["Compatibility 3.98", "Compatibility 3.97"]),
    "in two lines of a text": ("(lessons\n    41 and " + _ABSENT + ")", [f"lesson {_ABSENT}"]),
    "in two lines of a comment": ("# (lesson\n# " + _ABSENT + ")", [f"lesson {_ABSENT}"]),
    "another document": ("as in contract 3.1, defect 45", ["contract 3.1", "defect 45"]),
    "a section of another document": ("design section 9", ["design section 9"]),
    "the other way round": ("section 8 of the design", ["section 8 of the design"]),
    "another file": ("`contract.md`, ../shared/house.md", ["contract.md", "shared/house.md"]),
    "pages": ("see docs/launch.md#upgrade and docs/lunch.md", ["docs/lunch.md"]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_citation_of_nothing_is_noticed(case: str) -> None:
    text, found = CASES[case]
    assert unresolved(text) == found
