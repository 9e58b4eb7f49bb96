# SPDX-License-Identifier: Apache-2.0
"""Reports as everybody reads them: by eye, on paper, by a screen reader."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from itertools import pairwise

_VOID = frozenset({"meta", "path", "polyline"})


class Reader(HTMLParser):
    """A reader that refuses what is not well-formed, or would run or load something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.inside: dict[str, list[list[str]]] = {"table": [], "svg": []}
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        assert not any(name.startswith("on") or name in {"src", "href", "style"} for name, _ in attrs)
        for kind in set(self.inside) & set(self.open):
            self.inside[kind][-1].append(tag)
        if tag in self.inside:
            self.inside[tag].append([value or "" for name, value in attrs if name.startswith("aria")])
        self.tags.append(tag)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def checked(report: str) -> Reader:
    """A report for everybody: well-formed, without script, tables with captions and heads, drawings in words."""
    reader = Reader(report)
    assert report.startswith('<!doctype html><html lang="en">')
    assert set(reader.tags) <= {
        "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "div", "section", "table",
        "caption", "thead", "tbody", "tr", "th", "td", "svg", "desc", "path", "polyline",
    }  # fmt: skip
    assert len(report.encode()) < 200_000
    for table in reader.inside["table"]:
        assert table[:4] == ["caption", "thead", "tr", "th"]
    for drawing in reader.inside["svg"]:
        assert drawing[:2] in (["title", "desc"], ["true", "path"])
    levels = [int(tag[1]) for tag in reader.tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    assert "http" not in report
    assert "@media print" in report
    return reader
