# SPDX-License-Identifier: Apache-2.0
"""A person at the page: visits addresses, fills in forms, reads what a page says."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from mlops_orchestrator.aws.api_client import OrchestratorApi
from scripts.console import app
from scripts.console.guard import Guard

PORT = 8080
ORIGIN = f"http://127.0.0.1:{PORT}"
TOKEN = "told-by-mlops-console"
_FIELDS = frozenset({"input", "select", "textarea"})


@dataclass
class Page(HTMLParser):
    """Answer of the page: its status, its words, and the fields that have no label."""

    status: int
    html: str
    location: str = ""
    words: list[str] = field(default_factory=list)
    unlabelled: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []
        self._labelled: set[str] = set()
        self._fields: list[tuple[str, bool]] = []
        self.feed(self.html)
        self.unlabelled = [name for name, inside in self._fields if not inside and name not in self._labelled]

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "label" and told.get("for"):
            self._labelled.add(str(told["for"]))
        if tag in _FIELDS:
            self._fields.append((str(told.get("id") or told.get("name")), "label" in self._open))
        if tag not in {"input", "meta", "link"}:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if words := " ".join(data.split()):
            self.words.append(words)
            if self._open and self._open[-1] == "h1":
                self.headings.append(words)


class Visitor:
    """A browser that was given the page's address."""

    def __init__(self, api: OrchestratorApi) -> None:
        self._client = app.make(api, Guard(PORT, TOKEN)).test_client()
        self.visit(f"/?token={TOKEN}")

    def visit(self, path: str) -> Page:
        return self._page(self._client.get(path, base_url=ORIGIN))

    def read(self, path: str) -> Any:
        """Return what stands at an address of the page that is no part of it."""
        return self._client.get(path, base_url=ORIGIN)

    def send(self, path: str, **typed: str) -> Page:
        return self._page(self._client.post(path, base_url=ORIGIN, headers={"Origin": ORIGIN}, data=typed))

    def _page(self, answer: Any) -> Page:
        page = Page(answer.status_code, answer.text, answer.headers.get("Location", ""))
        assert page.unlabelled == []
        return page
