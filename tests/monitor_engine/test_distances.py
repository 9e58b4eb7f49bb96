# SPDX-License-Identifier: Apache-2.0
"""Distances and sketches against scipy, numpy and their stated bounds."""

from __future__ import annotations

import warnings
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from monitor_engine.data_quality import distance
from monitor_engine.data_quality.categories import Categories
from monitor_engine.data_quality.profile import Moments, Ranks
from monitor_engine.data_quality.sketch import Sketch

_NUMBERS = st.lists(st.integers(-20, 20).map(float) | st.floats(-1e6, 1e6), min_size=1, max_size=60)


def _simple(first: list[float], second: list[float], chunk: int = 7) -> float:
    points, weights = np.unique(first, return_counts=True)
    ranks = Ranks(points, np.zeros(len(points)), np.zeros(len(points)))
    for start in range(0, len(second), chunk):
        ranks.add(np.sort(np.array(second[start : start + chunk])))
    return distance.simple(weights.astype(float), ranks.below, ranks.at_most, ranks.count)


def _oracle(first: list[float], second: list[float]) -> float:
    with warnings.catch_warnings():
        # Of the p-value, which is not looked at.
        warnings.simplefilter("ignore")
        return float(stats.ks_2samp(first, second).statistic)


@settings(deadline=None)
@given(_NUMBERS, _NUMBERS)
def test_the_simple_distance_is_that_of_kolmogorov_and_smirnov(first: list[float], second: list[float]) -> None:
    assert _simple(first, second) == pytest.approx(_oracle(first, second), abs=1e-12)


@settings(deadline=None)
@given(_NUMBERS, st.randoms(use_true_random=False))
def test_neither_order_nor_grouping_moves_a_distance(second: list[float], chance: object) -> None:
    other = sorted(second, key=lambda _: chance.random())  # type: ignore[attr-defined]
    assert _simple([1.0, 2.0, 3.0], second, chunk=len(second)) == _simple([1.0, 2.0, 3.0], other, chunk=3)


def test_the_robust_distance_leaves_out_what_may_be_chance() -> None:
    assert distance.robust(0.5, 100, 50) == pytest.approx(0.5 - 1.8 * (150 / 5000) ** 0.5)
    assert distance.robust(0.1, 100, 50) == 0.0


def test_the_distance_of_categories_is_the_greatest_difference_of_shares() -> None:
    assert distance.categorical({"a": 5, "b": 5}, {"a": 9, "c": 1}, (10, 10)) == pytest.approx(0.5)


def test_chi_squared_is_scipy_s_for_categories_that_are_not_rare() -> None:
    observed, baseline = {"a": 40, "b": 35, "c": 25}, {"a": 500, "b": 300, "c": 200}
    expected = stats.chisquare([40, 35, 25], [50, 30, 20]).pvalue
    assert distance.chi_squared(observed, baseline) == pytest.approx(expected)


def test_chi_squared_puts_rare_categories_together() -> None:
    observed, baseline = {"a": 55, "b": 40, "c": 3, "d": 2}, {"a": 500, "b": 470, "c": 10, "d": 20}
    # c and d expect 1 and 2: together 3, still rare, and with b 50.
    expected = stats.chisquare([55, 45], [50, 50]).pvalue
    assert distance.chi_squared(observed, baseline) == pytest.approx(expected)


def test_chi_squared_needs_two_categories() -> None:
    assert np.isnan(distance.chi_squared({"a": 3}, {"a": 10}))


@pytest.mark.parametrize("order", ["random", "sorted", "reversed", "sawtooth"])
def test_a_sketch_keeps_its_bound_in_every_order(order: str) -> None:
    numbers = np.random.default_rng(20261130).normal(size=100_000)
    if order != "random":
        numbers = np.sort(numbers)
        numbers = {"sorted": numbers, "reversed": numbers[::-1], "sawtooth": numbers.reshape(100, -1).T.ravel()}[order]
    sketch = Sketch(capacity=512)
    for start in range(0, len(numbers), 301):
        sketch.add(numbers[start : start + 301])
    bounds = np.quantile(numbers, np.linspace(0.001, 0.999, 500))
    exact = np.searchsorted(np.sort(numbers), bounds)
    assert 0 < sketch.error < 0.02
    assert np.abs(sketch.below(bounds) - exact).max() <= sketch.error * len(numbers)
    values, weights = sketch.weighted()
    assert weights.sum() == sketch.count == len(numbers)
    assert len(values) <= 512 * 10


def test_merged_sketches_keep_the_bound() -> None:
    numbers = np.random.default_rng(7).exponential(size=60_000)
    first, second = Sketch(capacity=512), Sketch(capacity=512)
    for start in range(0, 30_000, 500):
        first.add(numbers[start : start + 500])
        second.add(numbers[30_000 + start : 30_500 + start])
    first.merge(second)
    bounds = np.quantile(numbers, np.linspace(0.01, 0.99, 99))
    exact = np.searchsorted(np.sort(numbers), bounds)
    assert first.count == len(numbers)
    assert np.abs(first.below(bounds) - exact).max() <= first.error * len(numbers)


def test_a_small_sketch_is_exact() -> None:
    sketch = Sketch()
    sketch.add(np.array([3.0, 1.0, 2.0, 2.0]))
    assert (sketch.error, sketch.points(10).tolist()) == (0.0, [1.0, 2.0, 2.0, 3.0])


@given(st.lists(_NUMBERS, min_size=1, max_size=5))
def test_moments_are_those_of_all_numbers(groups: list[list[float]]) -> None:
    moments = Moments()
    for group in groups:
        moments.add(np.sort(np.array(group)))
    everything = np.concatenate([np.array(group) for group in groups])
    assert (moments.low, moments.high) == (everything.min(), everything.max())
    assert moments.mean == pytest.approx(everything.mean(), abs=1e-6)
    assert moments.deviation == pytest.approx(everything.std(), abs=1e-3)


def test_many_texts_are_sampled_alike_in_every_order() -> None:
    texts = [f"id-{number}" for number in range(5_000)] + ["common"] * 500
    found = []
    for given_texts in (texts, texts[::-1]):
        categories = Categories(most=500)
        for start in range(0, len(given_texts), 100):
            categories.add(Counter(given_texts[start : start + 100]))
        found.append(categories)
    assert found[0].counts == found[1].counts
    assert len(found[0].counts) <= 500
    assert not found[0].is_whole
    assert found[0].total == 5_500
    assert found[0].distinct == pytest.approx(5_001, rel=0.15)
