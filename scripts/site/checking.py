# SPDX-License-Identifier: Apache-2.0
"""Looks at the site that was built: every link leads somewhere in it, and no page loads anything from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

_LOADS: Final = {"link": "href", "script": "src", "img": "src", "source": "srcset", "iframe": "src", "object": "data"}


class _Page(HTMLParser):
    """What a page has, leads to and loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = {"", "top"}
        self.leads: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the ids and addresses of an element."""
        given = {name: value or "" for name, value in attrs}
        self.anchors.update(given[name] for name in ("id", "name") if name in given)
        if tag == "a" and "href" in given:
            self.leads.append(given["href"])
        if address := given.get(_LOADS.get(tag, "")):
            self.loads.append(address)


@cache
def _read(path: Path) -> _Page:
    return _Page(path.read_text(encoding="utf-8"))


def problems(site: Path) -> Iterator[str]:
    """Yield what is wrong, each with its page."""
    for path in sorted(site.rglob("*.html")):
        page, here = _read(path), path.relative_to(site)
        for address in page.loads:
            if urlsplit(address).scheme not in ("", "data") or address.startswith("//"):
                yield f"{here}: loads {address} from elsewhere"
        for address in (*page.leads, *page.loads):
            if not _leads_somewhere(path, address, site):
                yield f"{here}: {address} leads nowhere"


def _leads_somewhere(path: Path, address: str, site: Path) -> bool:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return True
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.is_dir():
        target /= "index.html"
    if not target.is_relative_to(site.resolve()) or not target.is_file():
        return False
    return target.suffix != ".html" or unquote(parts.fragment) in _read(target).anchors
