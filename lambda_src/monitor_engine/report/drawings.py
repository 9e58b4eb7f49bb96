# SPDX-License-Identifier: Apache-2.0
"""Drawings in SVG: small, without script, with what they show as text for those who do not see them.

Baseline and window differ by more than colour: the one is an outline, the other is filled.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

BUCKETS: Final = 12
"""Of a histogram."""
_WIDTH: Final = 96
_LARGE: Final = (8, 32)
"""Width of a bucket and height of a drawing."""
_SMALL: Final = (2, 9)
_UNIT: Final = 320
"""Width of a curve, and its height."""
_LONGEST: Final = 60


def histogram(
    name: str, told: str, baseline: Sequence[float], window: Sequence[float], *, is_small: bool = False
) -> str:
    """Return two histograms over the same buckets, the baseline's as an outline; shares from 0 to 1."""
    step, height = _SMALL if is_small else _LARGE
    most = max([*baseline, *window, 1e-9])
    paths = [
        f'<path class="{series}" d="{_steps([share / most for share in shares], step, height)}"/>'
        for series, shares in (("w", window), ("b", baseline))
        if len(shares)
    ]
    return _svg("h", f"0 0 {step * max(BUCKETS, len(window))} {height}", (name, told), paths)


def bars(name: str, told: str, baseline: float, window: float) -> str:
    """Return two horizontal bars, the baseline's as an outline; lengths from 0 to 1."""
    before, now = (max(0, min(round(length * _WIDTH), _WIDTH)) for length in (baseline, window))
    paths = [f'<path class="w" d="M0 4h{now}v8h-{now}z"/>', f'<path class="b" d="M0 2h{before}v12h-{before}z"/>']
    return _svg("s", f"0 0 {_WIDTH} 16", (name, told), paths)


def curve(name: str, told: str, points: Sequence[tuple[float, float]], *, has_diagonal: bool = False) -> str:
    """Return a curve through points in the unit square, with the diagonal that guessing would give."""
    path = " ".join(f"{x * _UNIT:.0f},{(1 - y) * _UNIT:.0f}" for x, y in points)
    inside = [f'<path class="a" d="M0 0v{_UNIT}h{_UNIT}{f"L0 {_UNIT}L{_UNIT} 0" if has_diagonal else ""}"/>']
    return _svg("c", f"-2 -2 {_UNIT + 4} {_UNIT + 4}", (name, told), [*inside, f'<polyline points="{path}"/>'])


def key(series: str, word: str) -> str:
    """Return an entry of a legend."""
    drawing = f'<svg class="k" viewBox="0 0 12 12" aria-hidden="true"><path class="{series}" d="M1 1h10v10H1z"/></svg>'
    return f"{drawing} {escape(word)}"


def _steps(shares: Sequence[float], step: int, height: int) -> str:
    tops = (round(height - share * (height - 1)) for share in shares)
    return f"M0 {height}{''.join(f'V{top}h{step}' for top in tops)}V{height}"


def _svg(kind: str, box: str, told: tuple[str, str], inside: Sequence[str]) -> str:
    name, description = (text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…" for text in told)
    return (
        f'<svg class="{kind}" role="img" viewBox="{box}"><title>{escape(name)}</title>'
        f"<desc>{escape(description)}</desc>{''.join(inside)}</svg>"
    )
