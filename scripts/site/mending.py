# SPDX-License-Identifier: Apache-2.0
"""What the theme leaves out for people who use a keyboard or a screen reader, put into its pages."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_MENDED: Final = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<div class="highlight"><pre>': '<div class="highlight"><pre tabindex="0">',
    '<div class="table-wrapper ': '<div tabindex="0" class="table-wrapper ',
    '<th class="head"><p></p></th>': "<td></td>",
}
"""What scrolls can be reached, landmarks have names, headings a level, and a corner of a table is no heading."""


def mend(site: Path) -> None:
    """Mend all pages. Raise ValueError if the theme no longer writes what is to be mended."""
    missing = set(_MENDED)
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for written, better in _MENDED.items():
            if written in text:
                missing.discard(written)
                text = text.replace(written, better)
        path.write_text(text, encoding="utf-8")
    if missing:
        raise ValueError(f"the theme writes otherwise now: {sorted(missing)}")
