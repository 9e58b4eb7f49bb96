# SPDX-License-Identifier: Apache-2.0
"""Figures of a model on held-out rows, against scikit-learn's."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as oracle

from orchestrator.events.jobs import held_out
from orchestrator.events.jobs.held_out import UnreadableError

SCORES = st.integers(0, 8).map(lambda eighths: eighths / 8)
BINARY = st.lists(st.tuples(st.integers(0, 1), SCORES), min_size=1, max_size=60)
NUMBERS = st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=1, max_size=60)


def lines(rows: list[tuple[float, float]]) -> list[str]:
    return [f"{label},{prediction}" for label, prediction in rows]


@given(rows=NUMBERS)
def test_errors_are_the_oracle_s(rows: list[tuple[float, float]]) -> None:
    labels, predictions = zip(*rows, strict=True)
    found = held_out.figures(lines(rows), "rmse")
    assert found.value == pytest.approx(math.sqrt(oracle.mean_squared_error(labels, predictions)))
    assert (found.rows, found.labels) == (len(rows), sum(labels))
    assert held_out.figures(lines(rows), "mae").value == pytest.approx(oracle.mean_absolute_error(labels, predictions))


@given(rows=BINARY)
def test_rates_are_the_oracle_s(rows: list[tuple[float, float]]) -> None:
    labels, scores = zip(*rows, strict=True)
    classes = [int(score >= 0.5) for score in scores]
    assert held_out.figures(lines(rows), "accuracy").value == pytest.approx(oracle.accuracy_score(labels, classes))
    if len(set(labels)) > 1:
        assert held_out.figures(lines(rows), "auc").value == pytest.approx(oracle.roc_auc_score(labels, scores))
    else:
        with pytest.raises(UnreadableError, match="auc is not defined"):
            held_out.figures(lines(rows), "auc")


def test_what_stands_between_label_and_prediction_does_not_count() -> None:
    assert held_out.figures(["1,9,9,1.0", "", "3,9,9,2.0"], "mae").value == 0.5


@pytest.mark.parametrize(
    ("given_lines", "words"),
    [
        ([], "there are no rows"),
        (["1,0.5", "occupied,0.5"], "line 2 has no numbers as label and prediction: occupied,0.5"),
        (["1"], "line 1 is no label with a prediction: 1"),
        (["nan,1"], "line 1 is no label"),
        (["1,inf"], "line 1 is no label"),
    ],
    ids=["nothing", "a-text", "no-prediction", "no-label", "no-number"],
)
def test_what_is_no_row_is_told(given_lines: list[str], words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        held_out.figures(given_lines, "rmse")


def test_there_is_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_out, "MOST_ROWS", 2)
    held_out.figures(["1,1"] * 2, "rmse")
    with pytest.raises(UnreadableError, match="more than 2 rows: hold out fewer"):
        held_out.figures(["1,1"] * 3, "rmse")


@pytest.mark.parametrize(
    ("metric", "challenger", "deployed", "margin", "better"),
    [
        ("rmse", 0.9, 1.0, 0.0, True),
        ("rmse", 1.0, 1.0, 0.0, False),
        ("mae", 1.1, 1.0, 0.0, False),
        # 1.0 - 0.9 is less than 0.1 as the machine counts.
        ("rmse", 0.9, 1.0, 0.1, True),
        ("rmse", 0.91, 1.0, 0.1, False),
        ("auc", 0.8, 0.75, 0.05, True),
        ("auc", 0.79, 0.75, 0.05, False),
        ("accuracy", 0.7, 0.8, 0.0, False),
    ],
)
def test_better_is_by_the_margin_and_in_the_metric_s_direction(
    metric: held_out.ComparisonMetric, challenger: float, deployed: float, margin: float, *, better: bool
) -> None:
    assert held_out.is_better(metric, challenger, deployed, margin) is better
