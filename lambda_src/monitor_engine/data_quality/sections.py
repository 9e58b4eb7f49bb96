# SPDX-License-Identifier: Apache-2.0
"""Sections of a report about features: distributions of baseline and window, distance, completeness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from monitor_engine.data.columns import NUMERIC
from monitor_engine.data_quality import statistics
from monitor_engine.data_quality.baseline import Baseline, Feature
from monitor_engine.data_quality.checks import Drift
from monitor_engine.data_quality.distribution import Distribution
from monitor_engine.data_quality.profile import ColumnProfile, Profile
from monitor_engine.report import drawings, page

# The page stays small: so many features with a drawing, and so many more in a table.
_DRAWN: Final = 60
_LISTED: Final = 400
_BUCKETS: Final = 12
_CATEGORIES: Final = 8


def of(profile: Profile, baseline: Baseline | None, drifts: Sequence[Drift]) -> list[str]:
    """Return the sections, the features that are farthest from the baseline first."""
    known = {} if baseline is None else {feature.name: feature for feature in baseline.features}
    distances = {drift.feature: drift for drift in drifts}
    names = sorted(profile.columns, key=lambda name: _urgency(distances.get(name)))
    found = ["<h2>Features</h2>"]
    if known:
        found.append(f"<p>{_swatch('b', 'baseline')} {_swatch('w', 'window')}</p>")
    for name in names[:_DRAWN]:
        found.append(_feature(name, profile.columns[name], known.get(name), distances.get(name)))
    others = names[_DRAWN : _DRAWN + _LISTED]
    if others:
        rows = [(name, _distance(distances.get(name)), _complete(profile.columns[name])) for name in others]
        found.append(page.table("More features", ("feature", "drift", "completeness"), rows, (1, 2)))
    left = len(names) - _DRAWN - len(others)
    if left > 0:
        found.append(f"<p>{left} more features stand in statistics.json.</p>")
    return found


def _swatch(name: str, word: str) -> str:
    return f'<svg width="12" height="12" aria-hidden="true"><path class="{name}" d="M0 0h12v12H0z"/></svg> {word}'


def _urgency(drift: Drift | None) -> tuple[bool, float]:
    if drift is None:
        return True, 0.0
    return not drift.is_violated, drift.value if drift.is_p_value else -drift.value


def _distance(drift: Drift | None) -> str:
    if drift is None:
        return "not compared"
    word = "p-value" if drift.is_p_value else "distance"
    verdict = "drift" if drift.is_violated else "no drift"
    return f"{word} {page.number(drift.value)}, threshold {drift.threshold:g}: {verdict}"


def _complete(column: ColumnProfile) -> str:
    return f"{column.present / column.rows:.2%}" if column.rows else "0%"


def _feature(name: str, column: ColumnProfile, before: Feature | None, drift: Drift | None) -> str:
    distribution = None if before is None else before.distribution
    words = [f"type {column.kind}", f"completeness {_complete(column)}"]
    if before is not None:
        words.append(_distance(drift))
    is_numeric = bool(column.moments.count) and (column.kind in NUMERIC or (before is not None and before.is_numeric))
    drawing = _numbers(name, column, distribution) if is_numeric else _texts(column, distribution)
    title = page.shortened(name)
    return f"<section><h3>{escape(title)}</h3><p>{escape('; '.join(words))}.</p>{drawing}</section>"


def _numbers(name: str, column: ColumnProfile, before: Distribution | None) -> str:
    moments = column.moments
    low, high = moments.low, moments.high
    was_numeric = before is not None and before.is_numeric
    if before is not None and was_numeric:
        low, high = min(low, float(before.places[0])), max(high, float(before.places[-1]))
    edges = statistics.bounds(low, high, _BUCKETS)
    window = statistics.counts(column, edges) / moments.count
    told = f"mean {page.number(moments.mean)}, standard deviation {page.number(moments.deviation)}"
    shares: Sequence[float] = ()
    if before is not None and was_numeric:
        shares = before.shares(edges).tolist()
    label = f"{name}: from {page.number(low)} to {page.number(high)}; in the window {told}"
    return f"{drawings.histogram(label, shares, window.tolist())}<p>{escape(label)}.</p>"


def _texts(column: ColumnProfile, before: Distribution | None) -> str:
    if not column.texts.total:
        return "<p>No values.</p>"
    first: Mapping[str, int] = {} if before is None else before.categories
    names = [text for text, _ in column.texts.most_frequent()]
    names += sorted((text for text in first if text not in column.texts.counts), key=lambda text: -first[text])
    rows = []
    for text in names[:_CATEGORIES]:
        was = f"{first.get(text, 0) / before.count:.2%}" if before is not None and before.count else "-"
        rows.append((text, was, f"{column.texts.counts.get(text, 0) / column.texts.total:.2%}"))
    more = len(names) - len(rows)
    note = f"<p>{more} more values.</p>" if more > 0 else ""
    return page.table("", ("value", "baseline", "window"), rows, (1, 2)) + note
