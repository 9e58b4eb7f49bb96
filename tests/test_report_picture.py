# SPDX-License-Identifier: Apache-2.0
"""The guide's picture of a report: of a report as the engine makes it today."""

from __future__ import annotations

from xml.etree import ElementTree

from scripts.demo import report_blocks, report_layout, report_picture

_AGAIN = "the report has changed: run `python -m scripts.demo.report_picture`, and look at the picture"
_SVG = "{http://www.w3.org/2000/svg}"


def test_the_picture_shows_what_a_report_has() -> None:
    """Numbers may differ between versions of libraries; what the report is made of may not."""
    drawn = ElementTree.fromstring(report_picture.PICTURE.read_text(encoding="utf-8"))
    words = " ".join(text.text or "" for text in drawn.iter(f"{_SVG}text"))
    blocks = report_blocks.of(report_picture.report())
    again = ElementTree.fromstring(report_layout.svg(blocks, ""))
    assert [element.tag for element in drawn.iter()] == [element.tag for element in again.iter()], _AGAIN
    # Its end does not fit into the picture.
    shown = report_blocks.structure(blocks)[:4]
    assert [word for part in shown for word in part.split(" | ") if word not in words] == [], _AGAIN
    assert {"wind", "berth", "cargo"} <= set(words.split())


def test_the_picture_is_small_and_does_nothing() -> None:
    content = report_picture.PICTURE.read_text(encoding="utf-8")
    assert len(content) < 40_000
    assert "<script" not in content
    assert "http" not in content.replace('xmlns="http://www.w3.org/2000/svg"', "")
