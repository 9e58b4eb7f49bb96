# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a site that was built is found, and what its theme leaves out is put in."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.site import checking, mending

_WHOLE = (
    '<img src="a.svg" alt=""><a href="b.html#there">b</a><a href="#here">a</a><p id="here"></p><a href="sub/">c</a>'
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site in which everything is where it should be."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.html").write_text(_WHOLE)
    (tmp_path / "b.html").write_text('<h1 id="there">b</h1><a href="https://elsewhere.example/">e</a>')
    (tmp_path / "sub" / "index.html").write_text('<script src="../c.js?v=1"></script><a href="../a.html">a</a>')
    (tmp_path / "a.svg").write_text("<svg/>")
    (tmp_path / "c.js").write_text("")
    return tmp_path


def test_nothing_is_wrong_where_every_link_leads_somewhere(site: Path) -> None:
    assert list(checking.problems(site)) == []


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ('<a href="z.html">z</a>', "page.html: z.html leads nowhere"),
        ('<a href="b.html#nowhere">b</a>', "page.html: b.html#nowhere leads nowhere"),
        ('<img src="z.svg">', "page.html: z.svg leads nowhere"),
        ('<a href="../outside.html">o</a>', "page.html: ../outside.html leads nowhere"),
        (
            '<script src="https://cdn.example/a.js"></script>',
            "page.html: loads https://cdn.example/a.js from elsewhere",
        ),
        ('<link href="//fonts.example/a.css">', "page.html: loads //fonts.example/a.css from elsewhere"),
    ],
    ids=["page", "heading", "image", "outside", "script", "font"],
)
def test_what_is_wrong_is_named_with_its_page(site: Path, written: str, problem: str) -> None:
    (site / "page.html").write_text(written)
    (site.parent / "outside.html").write_text("")
    assert list(checking.problems(site)) == [problem]


def test_what_scrolls_can_be_reached_by_the_keyboard(site: Path) -> None:
    (site / "page.html").write_text("".join(mending._MENDED))
    mending.mend(site)
    text = (site / "page.html").read_text()
    assert text == "".join(mending._MENDED.values())
    assert '<pre tabindex="0">' in text


def test_a_theme_that_writes_otherwise_is_noticed(site: Path) -> None:
    with pytest.raises(ValueError, match="the theme writes otherwise now"):
        mending.mend(site)
