# SPDX-License-Identifier: Apache-2.0
"""Charts of metrics: what is drawn is inside the picture, and stands in a table as well."""

from __future__ import annotations

import math
from typing import Any
from xml.etree import ElementTree

import pytest

from scripts.console.models import charts

BARS = {"name": "delays", "type": "bar_chart", "value": [12, -7, 0], "x_axis_name": ["north", "south"]}
GRAPH = {"name": "lift", "type": "linear_graph", "value": [[0.1, 3.2], [0.5, 1.7]], "x_axis_name": "share"}
MATRIX = {
    "name": "confusion",
    "type": "matrix",
    "value": [[118, 9, 1], [14, 59, 2]],
    "x_axis_name": ["on time", "late"],
    "y_axis_name": ["a", "b", "c"],
    "notes": "winter",
}


def drawn(metric: dict[str, Any]) -> ElementTree.Element:
    return ElementTree.fromstring(charts.of(metric).drawing)


@pytest.mark.parametrize("metric", [BARS, GRAPH, MATRIX], ids=lambda metric: metric["name"])
def test_nothing_is_drawn_outside(metric: dict[str, Any]) -> None:
    svg = drawn(metric)
    _, _, width, height = map(float, svg.attrib["viewBox"].split())
    for one in svg:
        for across, up in (("x", "y"), ("cx", "cy")):
            if across in one.attrib:
                assert 0 <= float(one.attrib[across]) <= width
                assert 0 <= float(one.attrib[up]) <= height
        if one.tag == "rect":
            assert float(one.attrib["x"]) + float(one.attrib["width"]) <= width
            assert float(one.attrib["width"]) >= 0


@pytest.mark.parametrize("metric", [BARS, GRAPH, MATRIX], ids=lambda metric: metric["name"])
def test_a_drawing_says_what_it_is_and_brings_no_style(metric: dict[str, Any]) -> None:
    svg = drawn(metric)
    assert svg.attrib["role"] == "img"
    assert [one.text for one in svg if one.tag == "title"] == [metric["name"]]
    assert [one.tag for one in svg.iter() if one.tag in {"style", "script"} or "style" in one.attrib] == []


def test_bars_are_as_long_as_their_numbers() -> None:
    """One below zero goes to the left, and what has no name has its place."""
    widths = [float(one.attrib["width"]) for one in drawn(BARS) if one.tag == "rect"]
    assert widths == [pytest.approx(widths[1] * 12 / 7, rel=0.01), widths[1], 0]
    assert charts.of(BARS).rows == (("north", "12"), ("south", "-7"), ("3", "0"))


def test_a_graph_goes_through_its_points() -> None:
    (line,) = (one for one in drawn(GRAPH) if one.tag == "polyline")
    (x, y), (later, lower) = (map(float, point.split(",")) for point in line.attrib["points"].split())
    assert x < later
    # Down is more in SVG.
    assert y < lower
    chart = charts.of(GRAPH)
    assert (chart.columns, chart.rows) == (("share", "y"), (("0.1", "3.2"), ("0.5", "1.7")))


def test_the_x_axis_names_the_rows_of_a_matrix() -> None:
    """https://github.com/aws/sagemaker-python-sdk/blob/master/src/sagemaker/model_card/evaluation_metric_parsers.py"""
    chart = charts.of(MATRIX)
    assert (chart.columns, chart.notes) == (("", "a", "b", "c"), "winter")
    assert chart.rows == (("on time", "118", "9", "1"), ("late", "14", "59", "2"))
    strengths = [float(one.attrib["fill-opacity"]) for one in drawn(MATRIX) if one.tag == "rect"]
    assert strengths[0] == max(strengths) < 0.5


@pytest.mark.parametrize(
    "metric",
    [
        {"name": "text", "type": "bar_chart", "value": "none"},
        {"name": "nothing", "type": "linear_graph", "value": []},
        {"name": "triple", "type": "linear_graph", "value": [[1, 2, 3]]},
        {"name": "nan", "type": "bar_chart", "value": [math.nan]},
        {"name": "unknown", "type": "pie", "value": [1, "two"]},
        {"name": "ragged", "type": "matrix", "value": [[1], []]},
    ],
    ids=lambda metric: metric["name"],
)
def test_what_cannot_be_drawn_is_a_table(metric: dict[str, Any]) -> None:
    chart = charts.of(metric)
    assert chart.drawing == ""
    assert charts.is_drawn(metric)
    assert chart.columns == ("value",)


def test_one_point_and_equal_numbers_are_drawn() -> None:
    assert drawn({**GRAPH, "value": [[1, 1]]}) is not None
    assert drawn({**BARS, "value": [0]}) is not None
    assert drawn({**MATRIX, "value": [[2, 2]]}) is not None


def test_long_names_stand_above_bars_whole() -> None:
    long = "a name that goes on and on and on"
    assert long in charts.of({**BARS, "x_axis_name": [long]}).drawing
    higher, lower = (drawn(one).attrib["viewBox"] for one in ({**BARS, "x_axis_name": [long]}, BARS))
    assert (higher, lower) == ("0 0 480 148", "0 0 480 76")


def test_a_matrix_without_room_for_its_names_needs_its_table() -> None:
    long = "a name that goes on and on and on"
    assert not charts.of(MATRIX).is_cut
    cut = charts.of({**MATRIX, "x_axis_name": [long]})
    assert (cut.is_cut, long in cut.drawing, "a name that goes on…" in cut.drawing) == (True, False, True)
    assert cut.rows[0][0] == long
