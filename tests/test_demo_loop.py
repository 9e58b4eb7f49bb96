# SPDX-License-Identifier: Apache-2.0
"""The parts of the loop's demo: its world, what it tells of it, and the report."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xgboost

from scripts.demo import demo_model
from scripts.demo.loop import harbour, orders, report
from scripts.demo.loop.harbour import CALM, STORM
from scripts.demo.loop.orders import Names
from scripts.demo.loop.timeline import ITSELF, PERSON, WORLD, Timeline
from scripts.demo.loop.traffic import Phase

_START = datetime(2026, 11, 30, 7, tzinfo=UTC)


def _error(learned: harbour.Matrix, asked: harbour.Matrix) -> float:
    """How far a model of some ships is off with others."""
    settings = {"objective": "reg:squarederror", "max_depth": 3, "eta": 0.15, "nthread": 1}
    booster = xgboost.train(settings, xgboost.DMatrix(learned[:, 1:], learned[:, 0]), 60)
    return harbour.error(asked[:, 0].tolist(), demo_model.predicted(booster, asked[:, 1:]))


def test_a_storm_is_new_to_who_has_seen_calm_days_alone() -> None:
    calm, storm = harbour.ships(2_000, CALM, 1), harbour.ships(700, STORM, 2)
    both = np.vstack([calm[:200], storm[:500]])
    before, during, after = _error(calm, calm[:300]), _error(calm, storm[500:]), _error(both, storm[500:])
    assert before < 1.2
    assert during > 4
    assert after < 1.4


def test_the_world_is_the_same_every_time() -> None:
    assert (harbour.ships(5, CALM, 3) == harbour.ships(5, CALM, 3)).all()
    lines = harbour.as_lines(harbour.ships(2, CALM, 3), (harbour.LABEL, *harbour.FEATURES)).decode().splitlines()
    assert lines[0] == "hours_late,cargo,draught,wind"
    assert all(len(line.split(",")) == 4 for line in lines)


@pytest.mark.parametrize("bucket", ["ours", {"dev": "a", "staging": "b", "prod": "c"}], ids=["one-account", "stages"])
def test_requests_name_what_belongs_together(bucket: orders.Staged) -> None:
    names = Names("berths", "models")
    asked = orders.monitoring(names, bucket, "berths/training", data="request")
    assert asked["endpoint_name"] == orders.serving(names, "arn", "x")["endpoint_name"] == "berths-live"
    expected = "ours/labels/berths" if bucket == "ours" else {"dev": "a/labels/berths", "staging": "b/labels/berths",
                                                              "prod": "c/labels/berths"}  # fmt: skip
    assert asked["monitor_ground_truth_input"] == expected
    assert asked["retrain"]["pipeline"] == "berths/training"


@pytest.fixture
def timeline() -> Timeline:
    told = Timeline(began=_START)
    told.add(WORLD, "a storm")
    told.take(
        [
            {
                "at": (_START + timedelta(seconds=75)).isoformat(),
                "step": "prepare_data",
                "outcome": "done",
                "cause": "run",
                "detail": "400 rows <b>",
            },
            {
                "at": (_START - timedelta(seconds=1)).isoformat(),
                "step": "retrain",
                "outcome": "held",
                "cause": "x",
                "detail": "",
            },
        ]
    )
    told.add(PERSON, "approves")
    return told


def test_the_timeline_is_in_the_order_of_time(timeline: Timeline) -> None:
    cells = [event.cells for event in timeline]
    assert cells[0] == ("0:00", ITSELF, "retrain held: x")
    assert cells[-1] == ("1:15", ITSELF, "prepare data done: 400 rows <b>")
    assert [who for _, who, _ in cells] == [ITSELF, WORLD, PERSON, ITSELF]


def test_the_report_is_one_file_without_script_with_the_quality_as_a_drawing(timeline: Timeline) -> None:
    phases = {
        name: (Phase(_START, _START, points, points[0]), said)
        for name, points, said in (
            ("before", (1.0, 1.1), "quiet"),
            ("during", (6.5, 6.4), "4 violations"),
            ("after", (1.2,), "quiet"),
        )
    }
    html = report.html(phases, timeline, {"endpoint": "berths-live"})
    assert "<script" not in html
    assert "src=" not in html
    assert not re.search(r"https?://", html)
    (curve,) = re.findall(r'<polyline points="([^"]+)"', html)
    heights = [int(point.split(",")[1]) for point in curve.split()]
    assert len(heights) == 5
    assert max(heights[2:4]) < min([*heights[:2], heights[4]])
    for words in ("6.50 h", "4 violations", "400 rows &lt;b&gt;", "<title>The model&#x27;s error</title>"):
        assert words in html
