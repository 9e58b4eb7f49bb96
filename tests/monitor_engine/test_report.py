# SPDX-License-Identifier: Apache-2.0
"""The report: one small file for everybody, whatever features are called and however many there are."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from monitor_engine.report import drawings, page
from monitor_engine.report.page import Page
from monitor_engine.results import Violation
from tests.monitor_engine import jobs, pages

_HOSTILE = (
    "</title></svg><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a&amp;b <i>c</i>", "x" * 900,
    "e\u0301\U0001f6a2", "<!--", "'; DROP TABLE", "{{7*7}}",
)  # fmt: skip


def _window(folder: Path, names: list[str], shifted: set[int], rows: int = 150) -> jobs.Ended:
    random = np.random.default_rng(3)
    before = random.normal(size=(rows, len(names))).round(3)
    jobs.baseline(folder, jobs.csv_of([f'"{name}"' for name in names], before.tolist()))
    after = random.normal(size=(rows, len(names))).round(3)
    after[:, sorted(shifted)] += 2
    jobs.written(folder, [jobs.record(None, ",".join(map(str, row)), number) for number, row in enumerate(after)])
    return jobs.monitored(folder)


def test_violations_come_first_and_the_drifted_features_next(tmp_path: Path) -> None:
    names = [f"feature_{number}" for number in range(9)]
    report = _window(tmp_path, names, {7}).report
    reader = pages.checked(report)
    assert reader.text.index("1 violation") < reader.text.index("rows") < reader.text.index("Features")
    assert re.findall(r"<h3>(.*?)</h3>", report)[0] == "feature_7"
    assert re.search(r"completeness 100.00%, in the baseline 100.00%; distance 0\.\d+, threshold 0.1: drift", report)
    assert report.count("threshold 0.1: no drift") == 8


def test_five_hundred_features_are_all_drawn(tmp_path: Path) -> None:
    names = [f"feature_{number}" for number in range(500)]
    report = _window(tmp_path, names, {3, 77}).report
    pages.checked(report)
    assert report.count('role="img"') == 500
    assert [name for name in names if f"<title>{name}</title>" not in report] == []
    pages.checked((tmp_path / "baseline" / "report.html").read_text())


def test_of_five_thousand_the_drifted_are_drawn_and_all_are_named(tmp_path: Path) -> None:
    names = [f"feature_{number}" for number in range(5_000)]
    shifted = set(range(0, 5_000, 60))
    report = _window(tmp_path, names, shifted, rows=40).report
    pages.checked(report)
    assert [name for name in names if name not in report] == []
    drawn = re.findall(r"<title>(feature_\d+)</title>", report)
    assert set(drawn[: len(shifted)]) == {names[place] for place in shifted}


def test_what_has_no_room_is_counted(tmp_path: Path) -> None:
    names = [f"{'long' * 12}{number}" for number in range(5_000)]
    ended = jobs.baseline(tmp_path, jobs.csv_of(names, [range(5_000)]))
    reader = pages.checked(ended.report)
    left = re.search(r"(\d+) more features stand in statistics.json", reader.text)
    assert left is not None
    assert sum(name in reader.text for name in names) == 5_000 - int(left[1])


@pytest.mark.parametrize("place", range(len(_HOSTILE)))
def test_a_hostile_name_is_text(tmp_path: Path, place: int) -> None:
    name = _HOSTILE[place].replace('"', '""')
    for shifted in (set[int](), {0}):
        ended = _window(tmp_path, [name, "other"], shifted)
        assert ended.status == 0, ended.message
        assert _HOSTILE[place][:60] in pages.checked(ended.report).text


def test_hostile_values_are_text(tmp_path: Path) -> None:
    rows = [[f'"{value}"'.replace('""', '"')] for value in ("<script>alert(1)</script>", "&lt;", "north") * 9]
    report = jobs.baseline(tmp_path, jobs.csv_of(["berth"], rows)).report
    assert "<script>alert(1)</script>" in pages.checked(report).text


def test_hostile_words_of_the_page_are_text() -> None:
    bad = _HOSTILE[0]
    shown = Page(bad, [(bad, bad)], [Violation(bad, bad, bad)] * 3, [bad], sections=[page.table(bad, [bad], [[bad]])])
    assert pages.checked(page.html(shown)).text.count(bad) >= 16


def test_sections_without_room_are_left_out_and_said() -> None:
    shown = Page("Many", [], sections=["<p>0123456789</p>" * 1_000] * 40)
    assert "There is more than a page has room for" in pages.checked(page.html(shown)).text


def test_a_drawing_says_what_it_shows() -> None:
    for drawing in (
        drawings.histogram("size", "0 to 9", [0.5, 0.5], [1.0]),
        drawings.histogram("size", "0 to 9", [], [0.0, 0.0]),
        drawings.bars("size", "first, now third", 1.0, 0.2),
        drawings.curve("ROC", "area 0.5", [(0, 0), (1, 1)], has_diagonal=True),
    ):
        assert pages.Reader(drawing).tags[:3] == ["svg", "title", "desc"]


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_colours_stand_out_on_paper_and_in_the_dark() -> None:
    """At least 3 to 1, which WCAG 2.1 wants of drawings (1.4.11)."""
    style = re.findall(r"--[bwl]:(#\w{6})", page.html(Page("", [])))
    assert len(style) == 9
    for place, colour in enumerate(style):
        background = "#1c1c1e" if 3 <= place < 6 else "#ffffff"
        light, dark = sorted((_luminance(colour), _luminance(background)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3, colour
