# SPDX-License-Identifier: Apache-2.0
"""Charts of a card's metrics as inline SVG without script or styles of their own, each with its numbers as a table.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-cards-json-schema.html has the types of metrics. Whatever has not
the form of its type is a table alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup, escape

_WIDTH: Final = 480
_LEFT: Final = 150
"""Where bars and cells begin, after their labels."""
_ROW: Final = 24
_LONGEST: Final = 20
"""Letters of a label that fit beside a bar."""
_PLOT: Final = (60, 10, 465, 200)
"""Left, top, right and bottom of a graph."""
_FEW: Final = 40
"""Points that are dots as well."""
_STRONGEST: Final = 0.45
"""Of a cell's colour, so that its number stays readable."""


@dataclass(frozen=True)
class Chart:
    """A metric that is drawn."""

    name: str
    notes: str
    drawing: Markup
    """SVG; empty if the value cannot be drawn."""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """The same as a table; the first cell of a row is its heading."""
    is_cut: bool = False
    """Whether the drawing has no room for all of its names, so that the table is needed."""


def is_drawn(metric: Mapping[str, Any]) -> bool:
    """Whether a metric is more than one value."""
    return metric.get("type") in _DRAWN or isinstance(metric.get("value"), list)


def of(metric: Mapping[str, Any]) -> Chart:
    """Return the chart of a metric."""
    kind = _DRAWN.get(str(metric.get("type")))
    if kind is None or not kind.is_fit(metric.get("value")):
        return Chart(str(metric.get("name", "")), _notes(metric), Markup(), ("value",), _plain(metric.get("value")))
    return kind.draw(metric)


def number(value: Any) -> str:
    """Return a number as people read it, and anything else as its text."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if _is_number(value) else str(value)


def _bars(metric: Mapping[str, Any]) -> Chart:
    values: Sequence[float] = metric["value"]
    labels = _labels(metric.get("x_axis_name"), len(values))
    # Long labels stand above their bars.
    has_long = any(len(label) > _LONGEST for label in labels)
    left, step, down = (0, 2 * _ROW, _ROW) if has_long else (_LEFT, _ROW, 0)
    least, most = min(0.0, *values), max(0.0, *values)
    scale = (_WIDTH - 80 - left) / ((most - least) or 1)
    zero = left - least * scale
    inside = [Markup('<path class="axis" d="M{} 0v{}"/>').format(_at(zero), len(values) * step)]
    for place, (label, value) in enumerate(zip(labels, values, strict=True)):
        top, start = place * step, zero + min(0.0, value) * scale
        inside += [
            _text(0, top + 16, label, "start") if has_long else _text(left - 8, top + 16, label, "end"),
            Markup('<rect class="mark" x="{}" y="{}" width="{}" height="16"/>').format(
                _at(start), top + down + 4, _at(abs(value) * scale)
            ),
            _text(_WIDTH, top + down + 16, number(value), "end"),
        ]
    rows = tuple((label, number(value)) for label, value in zip(labels, values, strict=True))
    told = f"{len(values)} bars, from {number(min(values))} to {number(max(values))}"
    drawing = _svg(metric, told, len(values) * step + 4, inside)
    return Chart(str(metric["name"]), _notes(metric), drawing, ("", str(metric.get("y_axis_name") or "value")), rows)


def _graph(metric: Mapping[str, Any]) -> Chart:
    points: Sequence[Sequence[float]] = metric["value"]
    names = tuple(str(metric.get(f"{axis}_axis_name") or axis) for axis in "xy")
    left, top, right, bottom = _PLOT
    ends = [(min(side), max(side)) for side in zip(*points, strict=True)]
    across, up = (_scaled(*ends[0], left, right), _scaled(*ends[1], bottom, top))
    placed = [(_at(across(x)), _at(up(y))) for x, y in points]
    inside = [
        Markup('<path class="axis" d="M{} {}V{}H{}"/>').format(left, top, bottom, right),
        *(_text(left - 6, up(value) + 4, number(value), "end") for value in _ticks(*ends[1])),
        *(_text(across(value), bottom + 18, number(value), "middle") for value in _ticks(*ends[0])),
        _text((left + right) / 2, bottom + 38, names[0], "middle"),
        Markup('<polyline class="line" points="{}"/>').format(" ".join(f"{x},{y}" for x, y in placed)),
    ]
    if len(points) <= _FEW:
        inside += [Markup('<circle class="mark" cx="{}" cy="{}" r="3"/>').format(x, y) for x, y in placed]
    told = f"{names[1]} over {names[0]}: {len(points)} points, from {number(ends[1][0])} to {number(ends[1][1])}"
    rows = tuple((number(x), number(y)) for x, y in points)
    return Chart(str(metric["name"]), _notes(metric), _svg(metric, told, bottom + 44, inside), names, rows)


def _matrix(metric: Mapping[str, Any]) -> Chart:
    cells: Sequence[Sequence[float]] = metric["value"]
    wide = max(map(len, cells))
    # The x axis names the rows, as SageMaker's SDK has it for confusion matrices.
    heads, columns = _labels(metric.get("x_axis_name"), len(cells)), _labels(metric.get("y_axis_name"), wide)
    step = (_WIDTH - _LEFT) / wide
    least, most = min(map(min, cells)), max(map(max, cells))
    strength = _scaled(least, most, 0, _STRONGEST)
    fits = max(3, int(step / 8))
    inside = [_text(_LEFT + (at + 0.5) * step, 16, _short(name, fits), "middle") for at, name in enumerate(columns)]
    for line, row in enumerate(cells):
        top = (line + 1) * _ROW
        inside.append(_text(_LEFT - 8, top + 16, _short(heads[line]), "end"))
        for at, value in enumerate(row):
            inside += [
                Markup('<rect class="cell" x="{}" y="{}" width="{}" height="{}" fill-opacity="{:.2f}"/>').format(
                    _at(_LEFT + at * step), top, _at(step - 1), _ROW - 1, strength(value)
                ),
                _text(_LEFT + (at + 0.5) * step, top + 16, number(value), "middle"),
            ]
    told = f"{len(cells)} rows of {wide} numbers, from {number(least)} to {number(most)}"
    rows = tuple((head, *map(number, row)) for head, row in zip(heads, cells, strict=True))
    drawing = _svg(metric, told, (len(cells) + 1) * _ROW + 4, inside)
    is_cut = any(len(name) > _LONGEST for name in heads) or any(len(name) > fits for name in columns)
    return Chart(str(metric["name"]), _notes(metric), drawing, ("", *columns), rows, is_cut)


@dataclass(frozen=True)
class _Kind:
    """A type of metric that is drawn."""

    is_fit: Callable[[Any], bool]
    draw: Callable[[Mapping[str, Any]], Chart]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_number, value))


def _are_points(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_are_numbers(one) and len(one) == 2 for one in value)


def _are_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_are_numbers, value))


_DRAWN: Final = {
    "bar_chart": _Kind(_are_numbers, _bars),
    "linear_graph": _Kind(_are_points, _graph),
    "matrix": _Kind(_are_rows, _matrix),
}


def _svg(metric: Mapping[str, Any], told: str, height: float, inside: Iterable[Markup]) -> Markup:
    svg = Markup('<svg role="img" viewBox="0 0 {} {}"><title>{}</title><desc>{}</desc>{}</svg>')
    return svg.format(_WIDTH, height, metric["name"], told, Markup().join(inside))


def _text(x: float, y: float, text: str, anchor: str) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(_at(x), _at(y), anchor, escape(text))


def _scaled(least: float, most: float, start: float, end: float) -> Callable[[float], float]:
    """Return where a value stands; all stand in the middle if there is one value only."""
    if least == most:
        return lambda _: (start + end) / 2
    return lambda value: start + (value - least) / (most - least) * (end - start)


def _ticks(least: float, most: float) -> list[float]:
    return [least] if least == most else [least, (least + most) / 2, most]


def _labels(given: Any, count: int) -> list[str]:
    """Return a name for each value: those that are given, and numbers for the rest."""
    names = [str(name) for name in given] if isinstance(given, list) else []
    return [names[place] if place < len(names) else str(place + 1) for place in range(count)]


def _short(text: str, longest: int = _LONGEST) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _at(place: float) -> str:
    return f"{place:.1f}".removesuffix(".0")


def _plain(value: Any) -> tuple[tuple[str, ...], ...]:
    return tuple((number(one),) for one in value) if isinstance(value, list) else ((number(value),),)


def _notes(metric: Mapping[str, Any]) -> str:
    return str(metric.get("notes") or "")
