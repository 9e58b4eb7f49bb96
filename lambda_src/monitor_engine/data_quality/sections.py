# SPDX-License-Identifier: Apache-2.0
"""Sections of a report about features: distributions of baseline and window, distance, completeness.

The farthest from the baseline come first, each with all that is known of it; then rows with a small drawing; then, as
far as a page has room, the names of the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from monitor_engine.data.columns import NUMERIC
from monitor_engine.data_quality import statistics
from monitor_engine.data_quality.baseline import Baseline, Feature
from monitor_engine.data_quality.checks import Drift
from monitor_engine.data_quality.distribution import Distribution
from monitor_engine.data_quality.profile import ColumnProfile, Profile
from monitor_engine.report import drawings, meanings, page
from monitor_engine.report.page import Html

# Features with a section of their own: of few, and of many.
_OWN: Final = 40
_OWN_OF_MANY: Final = 10
_MANY: Final = 120
_CATEGORIES: Final = 8
_LONGEST_NAME: Final = 60


@dataclass(frozen=True)
class _Shown:
    """A feature, in all that a report tells of it."""

    name: str
    column: ColumnProfile
    before: Feature | None
    drift: Drift | None

    @property
    def is_numeric(self) -> bool:
        was_numeric = self.before is not None and self.before.is_numeric
        return bool(self.column.moments.count) and (self.column.kind in NUMERIC or was_numeric)

    @property
    def distribution(self) -> Distribution | None:
        return None if self.before is None else self.before.distribution


def of(
    profile: Profile, baseline: Baseline | None, drifts: Sequence[Drift], violated: Collection[str], room: int
) -> list[str]:
    """Return the sections, the violated features first, in no more bytes than there is room for."""
    known = {} if baseline is None else {feature.name: feature for feature in baseline.features}
    distances = {drift.feature: drift for drift in drifts}
    names = sorted(profile.columns, key=lambda name: (name not in violated, *_urgency(distances.get(name))))
    shown = [_Shown(name, profile.columns[name], known.get(name), distances.get(name)) for name in names]
    legend = f"{drawings.key('b', 'baseline')} {drawings.key('w', 'window')}" if known else drawings.key("w", "data")
    found = ["<h2>Features</h2>", f"<p>{legend}</p>", *([f"<p>{meanings.DISTANCE}</p>"] if drifts else [])]
    if not shown:
        return found
    own = _OWN if len(shown) <= _MANY else _OWN_OF_MANY
    # Names are to have room, whatever stands before them.
    left = room - sum(map(page.size, found)) - sum(map(_name_size, shown)) - 1_000
    place = 0
    for one in shown[:own]:
        section = _section(one)
        if page.size(section) > left:
            break
        found.append(section)
        left -= page.size(section)
        place += 1
    rows = list(_rows(shown[place:], left, has_baseline=bool(known)))
    heads = ("feature", "type", "distribution", *(("distance", "threshold") if known else ()), "completeness")
    if rows:
        found.append(page.table("Further features", heads, rows, kind="f"))
    rest = shown[place + len(rows) :]
    return [*found, _named(rest, room - sum(map(page.size, found)) - 500)] if rest else found


def _rows(some: Sequence[_Shown], left: int, *, has_baseline: bool) -> Iterator[tuple[str, ...]]:
    for one in some:
        drift, distances = one.drift, ("-", "-")
        if drift is not None:
            verdict = ": drift" if drift.is_violated else ""
            distances = (f"{'p ' * drift.is_p_value}{drift.value:.3g}{verdict}", f"{drift.threshold:g}")
        drawing = Html(_drawing(one, is_small=True))
        of_all = (_short(one.name), one.column.kind, drawing)
        cells = (*of_all, *(distances if has_baseline else ()), _complete(one.column))
        left -= page.size(page.row(cells))
        if left < 0:
            return
        yield cells


def _named(rest: Sequence[_Shown], room: int) -> str:
    names, used = [], 0
    for one in rest:
        used += _name_size(one)
        if used > room:
            break
        names.append(escape(_short(one.name)))
    left = len(rest) - len(names)
    more = f" {left} more features stand in statistics.json." if left else ""
    drifted = sum(one.drift is not None and one.drift.is_violated for one in rest)
    first = f"Without a drawing, {drifted} of them with drift" if drifted else "Without a drawing"
    return f"<section><h3>Other features</h3><p>{first}: {', '.join(names)}.{more}</p></section>"


def _name_size(one: _Shown) -> int:
    return page.size(escape(_short(one.name))) + 2


def _short(name: str) -> str:
    return page.shortened(name, _LONGEST_NAME)


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


def _section(one: _Shown) -> str:
    words = [f"type {one.column.kind}", f"completeness {_complete(one.column)}"]
    if one.before is not None:
        words[1] += f", in the baseline {one.before.completeness:.2%}"
        words.append(_distance(one.drift))
    told = f"<p>{escape('; '.join(words))}.</p>"
    below = f"<p>{escape(_range(one))}.</p>" if one.is_numeric else _categories(one)
    return f"<section><h3>{escape(page.shortened(one.name))}</h3>{told}{_drawing(one)}{below}</section>"


def _drawing(one: _Shown, *, is_small: bool = False) -> str:
    if one.is_numeric:
        before, now = _of_numbers(one)
        told = _range(one)
        told = told.partition(";")[0] if is_small else told
        return drawings.histogram(one.name, told, before, now, is_small=is_small)
    names, before, now = _of_categories(one)
    if not names:
        return "no values"
    most = ", ".join(f"{name} {share:.0%}" for name, share in zip(names[:3], now, strict=False))
    return drawings.histogram(one.name, most, before, now, is_small=is_small)


def _bounds(one: _Shown) -> tuple[float, float]:
    low, high = one.column.moments.low, one.column.moments.high
    before = one.distribution
    if before is not None and before.is_numeric:
        low, high = min(low, float(before.places[0])), max(high, float(before.places[-1]))
    return low, high


def _range(one: _Shown) -> str:
    low, high = _bounds(one)
    moments = one.column.moments
    spread = f"mean {page.number(moments.mean)}, standard deviation {page.number(moments.deviation)}"
    return f"{page.number(low)} to {page.number(high)}; {spread}"


def _of_numbers(one: _Shown) -> tuple[list[float], list[float]]:
    edges = statistics.bounds(*_bounds(one), drawings.BUCKETS)
    before = one.distribution
    shares = before.shares(edges).tolist() if before is not None and before.is_numeric else []
    window: list[float] = (statistics.counts(one.column, edges) / one.column.moments.count).tolist()
    return shares, window


def _of_categories(one: _Shown) -> tuple[list[str], list[float], list[float]]:
    """The most frequent texts of the window, then the baseline's others, with their shares then and now."""
    counted, before = one.column.texts, one.distribution
    first: Mapping[str, int] = {} if before is None else before.categories
    names = [text for text, _ in counted.most_frequent()]
    names += sorted((text for text in first if text not in counted.counts), key=lambda text: -first[text])
    names = names if counted.total else []
    shown = names[:_CATEGORIES]
    shares = [first.get(text, 0) / before.count for text in shown] if before is not None and before.count else []
    return names, shares if first else [], [counted.counts.get(text, 0) / counted.total for text in shown]


def _categories(one: _Shown) -> str:
    names, before, now = _of_categories(one)
    if not names:
        return ""
    shares = [*before, *([-1.0] * (len(now) - len(before)))]
    rows = [
        (page.shortened(name, _LONGEST_NAME), "-" if was < 0 else f"{was:.2%}", f"{share:.2%}")
        for name, was, share in zip(names, shares, now, strict=False)
    ]
    more = len(names) - len(rows)
    note = f"<p>{more} more values.</p>" if more > 0 else ""
    return page.table(f"Values of {_short(one.name)}", ("value", "baseline", "window"), rows, (1, 2)) + note
