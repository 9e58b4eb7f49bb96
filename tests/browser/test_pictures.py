# SPDX-License-Identifier: Apache-2.0
"""The pictures of the console show pages that are made of what today's pages are made of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from scripts import paths
from scripts.pictures import scene, screens
from scripts.pictures.screens import SHOTS, Shot

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.end_to_end.running import Running

_AGAIN = "run `make pictures`, and look at the pictures"
_MOST_BYTES = 1_500_000
_SINGLE = [shot for shot in SHOTS if not shot.is_staged]
_STAGED = [shot for shot in SHOTS if shot.is_staged]


@pytest.fixture(scope="module")
def watched(single_account: Running) -> None:
    """What the pictures show."""
    scene.make(single_account.deployment)
    scene.run_monitor(single_account.folder)


@pytest.fixture(scope="module")
def waiting(multi_account: Running) -> None:
    """What the picture of approvals shows."""
    scene.wait_for_approval(multi_account.deployment)


def _compare(shot: Shot, page: Page) -> None:
    """A page may go on below what its picture shows."""
    pictured = json.loads(shot.words.read_text(encoding="utf-8"))
    assert pictured
    assert shot.made_of(page)[: len(pictured)] == pictured, _AGAIN


@pytest.mark.parametrize("page", ["light"], indirect=True)
@pytest.mark.parametrize("shot", _SINGLE, ids=lambda shot: shot.name)
@pytest.mark.usefixtures("watched")
def test_a_picture_is_made_of_what_its_page_is(page: Page, single: str, shot: Shot) -> None:
    page.goto(single)
    shot.visit(page)
    _compare(shot, page)


@pytest.mark.parametrize("page", ["light"], indirect=True)
@pytest.mark.parametrize("shot", _STAGED, ids=lambda shot: shot.name)
@pytest.mark.usefixtures("waiting")
def test_a_picture_of_stages_is_made_of_what_its_page_is(page: Page, staged: str, shot: Shot) -> None:
    page.goto(staged)
    shot.visit(page)
    _compare(shot, page)


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_a_picture_is_small_and_shown_with_words(shot: Shot) -> None:
    assert shot.path.stat().st_size < screens.MOST_BYTES
    pages = "".join(page.read_text(encoding="utf-8") for page in (paths.ROOT / "docs").glob("*.md"))
    assert f"(images/{shot.path.name})" in pages
    assert f"![](images/{shot.path.name})" not in pages


def test_all_pictures_together_are_small() -> None:
    assert sum(path.stat().st_size for path in screens.FOLDER.iterdir()) < _MOST_BYTES
