# SPDX-License-Identifier: Apache-2.0
"""Pictures of the console, taken by a browser; beside each stands as text what its page is made of."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scripts.paths import ROOT
from scripts.pictures import scene

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOLDER: Final = ROOT / "docs" / "images"
WIDTH: Final = 1100
MOST_BYTES: Final = 150_000
_TALLEST: Final = 1000
_EVERYTHING: Final = 1_000_000
_QUALITY: Final = 82
_PARTS: Final = "h1, h2, h3, thead th, label, legend, button, dt, summary"
# Words of the page itself, not of what it shows in them.
_MADE_OF: Final = """([root, parts, end]) => [...root.querySelectorAll(parts)]
  .filter(found => found.offsetParent !== null && found.getBoundingClientRect().bottom + scrollY <= end)
  .map(found => found.tagName.toLowerCase() + ': ' + (found.tagName === 'LABEL'
    ? [...found.childNodes].filter(node => node.nodeType === 3).map(node => node.textContent).join(' ')
    : found.innerText).replace(/\\s+/g, ' ').trim())"""
_STEADY: Final = """() => {
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) words.currentNode.textContent = words.currentNode.textContent
    .replace(/\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d/g, '2026-11-24 15:00')
    .replace(/15:00 - \\d\\d:\\d\\d/g, '15:00 - 21:00')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d')
    .replace(/127\\.0\\.0\\.1:\\d+/g, '127.0.0.1:40000');
}"""


@dataclass(frozen=True)
class Shot:
    """Page of the console, and its picture."""

    name: str
    visit: Callable[[Page], None]
    """Goes there, from the console's first page."""
    root: str = "main"
    """Selector of the part whose making is compared."""
    is_staged: bool = False
    """Whether it needs the launch with dev, staging and prod."""

    @property
    def path(self) -> Path:
        """Where the picture is."""
        return FOLDER / f"{self.name}.webp"

    @property
    def words(self) -> Path:
        """Where it stands what the picture shows, from the top."""
        return FOLDER / f"{self.name}.json"

    def made_of(self, page: Page, end: int = _EVERYTHING) -> list[str]:
        """Return what the page is made of: headings, columns, labels and buttons, without numbers, each once.

        With `end`, only down to there, in pixels.
        """
        found = page.evaluate(_MADE_OF, [page.locator(self.root).first.element_handle(), _PARTS, end])
        return list(dict.fromkeys(re.sub(r"(?<!^h)\d+", "0", line) for line in found))

    def take(self, page: Page) -> None:
        """Write picture and words."""
        page.evaluate(_STEADY)
        height = min(
            _TALLEST, page.evaluate("Math.ceil(document.querySelector('main').getBoundingClientRect().bottom)")
        )
        made_of = self.made_of(page, height)
        self.words.write_text(json.dumps(made_of, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        taken = page.context.new_cdp_session(page).send(
            "Page.captureScreenshot",
            {
                "format": "webp",
                "quality": _QUALITY,
                "clip": {"x": 0, "y": 0, "width": WIDTH, "height": height + 16, "scale": 1},
            },
        )
        self.path.write_bytes(base64.b64decode(taken["data"]))


def _part(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()


def _pipelines(page: Page) -> None:
    _part(page, "Pipelines")
    page.get_by_role("textbox", name="Model", exact=True).fill(scene.MODEL)
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name=scene.MONITOR).wait_for()


def _pipeline(page: Page) -> None:
    _pipelines(page)
    page.get_by_role("link", name=f"{scene.MODEL}/realtime").click()
    page.get_by_role("heading", level=1, name=f"{scene.MODEL}/realtime").wait_for()


def _approvals(page: Page) -> None:
    _part(page, "Approvals")
    page.locator(_WAITS).first.wait_for()


def _monitor(page: Page) -> None:
    _part(page, "Monitors")
    page.get_by_role("link", name=scene.MONITOR).click()
    page.frame_locator("iframe").get_by_role("heading", level=1).wait_for()


def _mistakes(page: Page) -> None:
    _part(page, "New")
    page.get_by_role("link", name="byom_realtime_builtin").click()
    for key, words in (
        ("model_name", "ship delay"),
        ("model_framework", "xgboost"),
        ("inference_instance", "ml.m5.larg"),
    ):
        page.locator(f"#{key}").fill(words)
    page.get_by_role("button", name="Plan").click()
    page.get_by_role("alert").first.wait_for()


_WAITS: Final = f"section:has-text('{scene.MODEL}/realtime')"
SHOTS: Final = (
    Shot("console-pipelines", _pipelines),
    Shot("console-pipeline", _pipeline),
    Shot("console-monitor", _monitor),
    Shot("console-mistakes", _mistakes),
    Shot("console-approvals", _approvals, root=_WAITS, is_staged=True),
)
