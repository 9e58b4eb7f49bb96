# SPDX-License-Identifier: Apache-2.0
"""What the guide refers to is there: pages, headings, messages of the code, and what the templates have."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
PAGES: Final = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
_FENCE: Final = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_CODE: Final = re.compile(r"`[^`\n]*`")
_LINK: Final = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING: Final = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    seen: Counter[str] = Counter()
    found = set()
    for heading in _HEADING.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return frozenset(found)


def links(page: Path) -> list[str]:
    """Where a page's links lead, but for other sites."""
    text = _CODE.sub("", _FENCE.sub("", page.read_text(encoding="utf-8")))
    return [link for link in _LINK.findall(text) if not link.startswith(("http://", "https://", "mailto:"))]


def broken(page: Path, link: str) -> str:
    """What is wrong with a link, or an empty text."""
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return f"{link}: there is no such file"
    if not target.is_relative_to(ROOT):
        return f"{link}: leads out of the project"
    if anchor and anchor not in anchors(target):
        return f"{link}: there is no such heading"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    assert [problem for link in links(page) if (problem := broken(page, link))] == []


@pytest.mark.parametrize(
    ("link", "problem"),
    [("launch.md", ""), ("launch.md#upgrade", ""), ("lunch.md", "file"), ("launch.md#upgrades", "heading")],
)
def test_a_broken_link_is_noticed(link: str, problem: str) -> None:
    assert problem in broken(ROOT / "docs" / "README.md", link)
    assert bool(problem) is bool(broken(ROOT / "docs" / "README.md", link))


def test_the_guide_leads_to_every_page() -> None:
    guide = ROOT / "docs" / "README.md"
    linked = {(guide.parent / link.partition("#")[0]).resolve() for link in links(guide)}
    assert {name(page) for page in (ROOT / "docs").glob("*.md") if page != guide and page not in linked} == set()


ELSEWHERE: Final = "## What AWS says"
_ROW: Final = re.compile(r"^\|(.+)\|$", re.MULTILINE)
_SHORTEST_FRAGMENT: Final = 8
"""Characters; less than that stands in any code."""


def messages() -> Iterator[str]:
    """The messages that the page on troubleshooting explains: in the first or second cell of a row, as code."""
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8").split(ELSEWHERE)[0]
    for row in _ROW.findall(page):
        for cell in [cell.strip() for cell in row.split(" | ")][:2]:
            if re.fullmatch(r"`[^`]+`", cell) and " " in cell:
                yield cell.strip("`")


@cache
def texts() -> str:
    """All texts in the code that can be part of a message, places where values stand marked."""
    folders = ("lambda_src", "scripts")
    found = [(ROOT / "Makefile").read_text(encoding="utf-8")]
    for path in (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value.replace("`", ""))
    return "\0".join(found)


@pytest.mark.parametrize("message", [*messages()])
def test_a_message_is_one_of_the_code(message: str) -> None:
    """A field's expectation is put together of words, example and what it must not be, so commas part, too."""
    parts = [part.strip(" .:(),") for part in re.split(r"…|, such as |, without ", message.replace("must be ", "…"))]
    fragments = [part for part in parts if len(part) >= _SHORTEST_FRAGMENT]
    assert fragments, message
    assert [part for part in fragments if part not in texts()] == []


def test_messages_are_found() -> None:
    """A page whose tables are no longer read would go untested."""
    assert len([*messages()]) > 60


@pytest.mark.parametrize(
    ("option", "alarms", "metrics"),
    [("single-account", "3 alarms on 4 metrics", 4), ("multi-account", "4 alarms on 7", 7)],
)
def test_costs_at_rest_are_those_of_the_template(option: str, alarms: str, metrics: int) -> None:
    template = (ROOT / "templates" / f"mlops-orchestrator-{option}.yaml").read_text(encoding="utf-8")
    costs = (ROOT / "docs" / "costs.md").read_text(encoding="utf-8")
    assert alarms in costs
    assert template.count("Type: AWS::CloudWatch::Alarm\n") == int(alarms[0])
    assert template.count("MetricStat:\n") == metrics
    assert template.count("Type: AWS::KMS::Key\n") == 1
    assert template.count("Type: AWS::CloudWatch::Dashboard\n") == 1
    assert template.count("ScheduleExpression: rate(5 minutes)") == 1
