# SPDX-License-Identifier: Apache-2.0
"""Drawings in SVG: small, without script, with what they show as text for those who do not see them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

_WIDTH: Final = 320
_HEIGHT: Final = 90


def histogram(label: str, baseline: Sequence[float], window: Sequence[float]) -> str:
    """Return two histograms over the same buckets, side by side in each; shares from 0 to 1."""
    most = max([*baseline, *window, 1e-9])
    step = _WIDTH / max(len(window), len(baseline), 1)
    bars = [
        _bars(series, step, most, place, name)
        for place, (series, name) in enumerate(((baseline, "b"), (window, "w")))
        if len(series)
    ]
    return _svg(label, [*bars, f'<path class="a" d="M0 {_HEIGHT}h{_WIDTH}"/>'])


def curve(label: str, points: Sequence[tuple[float, float]]) -> str:
    """Return a curve through points in the unit square."""
    path = " ".join(f"{x * _WIDTH:.0f},{(1 - y) * _HEIGHT:.0f}" for x, y in points)
    axis = f'<path class="a" d="M0 0v{_HEIGHT}h{_WIDTH}"/>'
    return _svg(label, [axis, f'<polyline class="c" points="{path}"/>'])


def _bars(series: Sequence[float], step: float, most: float, place: int, name: str) -> str:
    width = step * 0.42
    bars = []
    for number, share in enumerate(series):
        height = share / most * (_HEIGHT - 4)
        left = number * step + place * width + step * 0.08
        bars.append(f"M{left:.1f} {_HEIGHT}v-{height:.1f}h{width:.1f}v{height:.1f}z")
    return f'<path class="{name}" d="{"".join(bars)}"/>'


def _svg(label: str, inside: Sequence[str]) -> str:
    return (
        f'<svg role="img" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}">'
        f"<title>{escape(label)}</title>{''.join(inside)}</svg>"
    )
