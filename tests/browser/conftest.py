# SPDX-License-Identifier: Apache-2.0
"""The console in a browser, with a local AWS behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from scripts.console import serving
from scripts.environments import chromium

if TYPE_CHECKING:
    from tests.end_to_end.running import Running

Opened = Callable[[str], Any]
# Nothing is decided by the time that a busy machine takes: it is for what never happens.
_MILLISECONDS = 120_000
_WIDTHS = (1200, 400)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=chromium.path(), args=list(chromium.FLAGS), timeout=_MILLISECONDS
        )


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that fails the test for anything that its console reports: a script or style that was not let in."""
    context = browser.new_context(color_scheme=request.param)
    context.set_default_timeout(_MILLISECONDS)
    expect.set_options(timeout=_MILLISECONDS)
    made = context.new_page()
    said: list[str] = []
    made.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    made.on("pageerror", lambda error: said.append(str(error)))
    yield made
    context.close()
    assert [text for text in said if "the server responded with a status of 4" not in text] == []


@pytest.fixture(scope="module")
def single(single_account: Running) -> Iterator[str]:
    with serving.served(single_account.deployment.api) as address:
        yield address


@pytest.fixture(scope="module")
def staged(multi_account: Running) -> Iterator[str]:
    with serving.served(multi_account.deployment.api) as address:
        yield address


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Look at the page with axe-core, wide and narrow; a narrow one must not scroll sideways."""

    def look(page: Page) -> None:
        for width in _WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.set_viewport_size({"width": _WIDTHS[0], "height": 900})

    return look
