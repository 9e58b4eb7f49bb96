# SPDX-License-Identifier: Apache-2.0
"""Sections of a report about attribution: the order of the features then and now, label by label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from monitor_engine.attribution.explanations import Explained, Values, ndcg
from monitor_engine.report import drawings, page
from monitor_engine.report.page import Html

# Features of a label that are shown; all stand in analysis.json.
_MOST: Final = 150


def of(explained: Explained, before: Mapping[str, Values]) -> list[str]:
    """Return the sections; `before` are the baseline's values by label, none in a baseline."""
    known = bool(before)
    legend = f"{drawings.key('b', 'baseline')} {drawings.key('w', 'window')}" if known else drawings.key("w", "data")
    found = ["<h2>Order of the features</h2>", f"<p>{legend}</p>"]
    return found + [_label(label, values, before.get(label, {})) for label, values in explained.values.items()]


def _label(label: str, now: Values, before: Values) -> str:
    order, was = _order(now), {name: place for place, name in enumerate(_order(before), 1)}
    most, most_before = (max(map(abs, values.values()), default=0.0) or 1.0 for values in (now, before))
    rows = []
    for place, name in enumerate(order[:_MOST], 1):
        value, earlier = now[name], before.get(name, 0.0)
        told = f"place {place}" + (f", in the baseline {was[name]}" if name in was else "")
        drawing = Html(drawings.bars(name, told, abs(earlier) / most_before, abs(value) / most))
        cells = [name, str(place), page.number(value), drawing]
        if before:
            cells[3:3] = [str(was.get(name, "-")), page.number(earlier)]
        rows.append(cells)
    heads = ["feature", "place", "SHAP value", "share of the first"]
    if before:
        heads[3:3] = ["place in the baseline", "SHAP value in the baseline"]
    score = f"; NDCG {ndcg(before, now):.3f}" if before else ""
    more = f"<p>{len(order) - _MOST} more stand in analysis.json.</p>" if len(order) > _MOST else ""
    numeric = range(1, 5 if before else 3)
    return f"<section>{page.table(f'How much features count for {label}{score}', heads, rows, numeric)}{more}</section>"


def _order(values: Values) -> list[str]:
    return sorted(values, key=lambda name: (-abs(values[name]), name))
