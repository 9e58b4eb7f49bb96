# SPDX-License-Identifier: Apache-2.0
"""Sections of a report about bias: each facet by metric, baseline and window, and what is farther from even."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Final

from monitor_engine.bias import measures
from monitor_engine.bias.baseline import Found
from monitor_engine.report import page

# Values of facets that are shown; all stand in analysis.json.
_MOST: Final = 60


def of(found: Found, limits: Found, violated: Collection[tuple[str, str, str]]) -> list[str]:
    """Return the sections; `violated` are facet, value and metric of what is farther from even than the baseline."""
    shown = ["<h2>Facets</h2>"]
    for (facet, value), values in list(found.items())[:_MOST]:
        before = limits.get((facet, value), {})
        rows = []
        for name, number in values.items():
            was = before.get(name, math.nan)
            cells = [measures.DESCRIPTIONS[name], f"{measures.NEUTRAL.get(name, 0.0):g}"]
            if limits:
                is_comparable = not (math.isnan(number) or math.isnan(was))
                verdict = "farther from even" if (facet, value, name) in violated else "as even"
                cells += [page.number(was), page.number(number), verdict if is_comparable else "not compared"]
            else:
                cells.append(page.number(number))
            rows.append(cells)
        heads = ("metric", "even", *(("baseline", "window", "compared") if limits else ("value",)))
        table = page.table(f"{facet}: {value} against all others", heads, rows, (1, 2, 3) if limits else (1, 2))
        shown.append(f"<section>{table}</section>")
    if len(found) > _MOST:
        shown.append(f"<p>{len(found) - _MOST} more values stand in analysis.json.</p>")
    return shown
