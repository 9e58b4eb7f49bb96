# SPDX-License-Identifier: Apache-2.0
"""What differs between a page on a forge and on the site."""

from __future__ import annotations

import pytest

from scripts.site import rewriting

_PICTURE = (
    '<picture>\n<source media="(prefers-color-scheme: dark)" srcset="images/dark.svg">\n'
    '<img alt="A pipeline" src="images/light.svg" width="100%">\n</picture>'
)


def test_links_move_and_code_stays() -> None:
    page = "[a](a.md#b) `[c](c.md)` [d](https://d.example) [e](#e) ![f](f.svg)\n```\n[g](g.md)\n```\n"
    assert rewriting.links(page, lambda link: f"new/{link}") == (
        "[a](new/a.md#b) `[c](c.md)` [d](https://d.example) [e](#e) ![f](new/f.svg)\n```\n[g](g.md)\n```\n"
    )


def test_a_diagram_is_a_picture_with_its_title() -> None:
    drawn = []
    page = "before\n\n```mermaid\nflowchart LR\n    accTitle: From here to there\n    a --> b\n```\n\nafter"
    made = rewriting.diagrams(page, lambda source, title: drawn.append((source, title)) or "drawn.svg")
    assert made == "before\n\n![From here to there](drawn.svg){.diagram}\n\nafter"
    assert drawn == [("flowchart LR\n    a --> b\n", "From here to there")]


def test_a_diagram_without_a_title_is_refused() -> None:
    with pytest.raises(ValueError, match="accTitle"):
        rewriting.diagrams("```mermaid\nflowchart LR\n```", lambda *_: "")


def test_a_picture_follows_what_the_reader_has_chosen() -> None:
    assert rewriting.pictures(f"# A\n\n{_PICTURE}\n") == (
        "# A\n\n![A pipeline](images/light.svg){.only-light}\n![A pipeline](images/dark.svg){.only-dark}\n"
    )


@pytest.mark.parametrize("part", ['alt="A pipeline"', 'srcset="images/dark.svg"', 'src="images/light.svg"'])
def test_a_picture_that_lacks_a_part_is_refused(part: str) -> None:
    with pytest.raises(ValueError, match="a picture needs"):
        rewriting.pictures(_PICTURE.replace(part, ""))
