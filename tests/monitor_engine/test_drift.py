# SPDX-License-Identifier: Apache-2.0
"""Drift, as properties: identical data never drifts, a shift is found where it is, order changes nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor_engine.data import dataset
from monitor_engine.data_quality import baseline as baselines
from monitor_engine.data_quality import checks, constraints, statistics
from monitor_engine.data_quality.profile import Profile
from tests.monitor_engine import jobs

_CELL = st.integers(-5, 5).map(str) | st.floats(-10, 10).map(str) | st.sampled_from(["", "north", "south"])
_TABLE = st.lists(st.tuples(_CELL, _CELL, st.sampled_from(["1", "2.5", ""])), min_size=1, max_size=40)


def _profile(lines: Sequence[str], names: Sequence[str], groups: int = 1, known: Profile | None = None) -> Profile:
    profile = known or Profile()
    size = math.ceil(len(lines) / groups)
    for start in range(0, len(lines), size):
        for table in dataset.batches(iter(lines[start : start + size]), names, frozenset(names)):
            profile.add(table)
    return profile


def _baseline(folder: Path, lines: Sequence[str], names: Sequence[str]) -> baselines.Baseline:
    found = statistics.document(_profile(lines, names), {})
    (folder / "statistics.json").write_text(json.dumps(found))
    (folder / "constraints.json").write_text(json.dumps(constraints.document(found)))
    read = baselines.read(folder / "constraints.json", folder / "statistics.json")
    assert read is not None
    return read


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_TABLE, st.integers(1, 7), st.randoms(use_true_random=False))
def test_identical_data_never_drifts_in_any_order(
    tmp_path: Path, rows: list[tuple[str, str, str]], groups: int, chance: object
) -> None:
    names = ["a", "b", "c"]
    lines = [",".join(row) for row in rows]
    known = _baseline(tmp_path, lines, names)
    shuffled = sorted(lines, key=lambda _: chance.random())  # type: ignore[attr-defined]
    points = {one.name: one.distribution.points for one in known.features if one.is_numeric and one.distribution}
    domains = {one.name: one.domain for one in known.features if one.domain is not None}
    window = _profile(shuffled, names, groups, Profile(points, domains))
    drifts = checks.drifts(window, known)
    assert checks.find(window, known, drifts) == []
    assert all(drift.value == 0.0 for drift in drifts)
    plain = statistics.document(_profile(lines, names), {})
    other = statistics.document(_profile(shuffled, names, groups), {})
    assert _rounded(plain) == _rounded(other)


def _rounded(found: object) -> object:
    """Sums of the same numbers in another order differ in their last digits."""
    if isinstance(found, dict):
        return {key: _rounded(value) for key, value in found.items()}
    if isinstance(found, list):
        return [_rounded(value) for value in found]
    return round(found, 6) + 0.0 if isinstance(found, float) else found


@pytest.mark.parametrize("shifted", range(4))
def test_a_shift_of_one_standard_deviation_is_found_in_its_column_alone(tmp_path: Path, shifted: int) -> None:
    random = np.random.default_rng(shifted)
    names = ["a", "b", "c", "d"]
    before = random.normal(loc=[0, 5, -3, 1e6], scale=[1, 0.1, 30, 1e3], size=(3_000, 4))
    after = random.normal(loc=[0, 5, -3, 1e6], scale=[1, 0.1, 30, 1e3], size=(1_500, 4))
    after[:, shifted] += [1, 0.1, 30, 1e3][shifted]
    jobs.baseline(tmp_path, jobs.csv_of(names, before.tolist()))
    jobs.captures(tmp_path, [(",".join(map(str, row[1:])), str(row[0])) for row in after.tolist()])
    assert jobs.monitored(tmp_path).findings == {(names[shifted], "baseline_drift_check")}


def test_a_category_that_takes_over_is_found(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    before = zip(random.random(500), random.choice(list("nsew"), 500), strict=True)
    jobs.baseline(tmp_path, jobs.csv_of(["score", "berth"], before))
    window = zip(random.choice(list("nsew"), 500, p=[0.7, 0.1, 0.1, 0.1]), random.random(500), strict=True)
    jobs.captures(tmp_path, [(str(berth), str(score)) for berth, score in window])
    assert jobs.monitored(tmp_path).findings == {("berth", "baseline_drift_check")}


def test_model_monitor_s_own_sketch_is_a_baseline(tmp_path: Path) -> None:
    """A value on the second level of its sketch stands for two, on the third for four."""
    numerical = {
        "common": {"num_present": 7, "num_missing": 0},
        "mean": 2.0, "sum": 14.0, "std_dev": 1.0, "min": 1.0, "max": 3.0,
        "distribution": {"kll": {"buckets": [], "sketch": {"parameters": {"c": 0.64, "k": 2048.0},
                                                           "data": [[1.0], [2.0], [3.0]]}}},
    }  # fmt: skip
    stated = {"name": "a", "inferred_type": "Fractional", "completeness": 1.0}
    (tmp_path / "statistics.json").write_text(
        json.dumps({"features": [{"name": "a", "inferred_type": "Fractional", "numerical_statistics": numerical}]})
    )
    (tmp_path / "constraints.json").write_text(
        json.dumps(
            {"features": [stated], "monitoring_config": {"distribution_constraints": {"comparison_method": "Simple"}}}
        )
    )
    known = baselines.read(tmp_path / "constraints.json", tmp_path / "statistics.json")
    assert known is not None
    window = _profile(["1.0"] * 10, ["a"], known=Profile({"a": known.features[0].distribution.points}))  # type: ignore[union-attr]
    (drift,) = checks.drifts(window, known)
    assert (drift.value, drift.threshold) == (pytest.approx(6 / 7), 0.1)


def test_a_feature_s_own_threshold_wins(tmp_path: Path) -> None:
    jobs.baseline(tmp_path, jobs.csv_of(["a"], [[number] for number in range(100)]))
    path = tmp_path / "baseline" / "constraints.json"
    document = json.loads(path.read_text())
    jobs.written(tmp_path, [jobs.record(None, str(number + 60)) for number in range(100)])
    assert jobs.monitored(tmp_path).findings == {("a", "baseline_drift_check")}
    document["features"][0]["monitoringConfigOverrides"] = {"distribution_constraints": {"comparison_threshold": 0.9}}
    path.write_text(json.dumps(document))
    assert jobs.monitored(tmp_path).findings == set()
    document["features"][0]["monitoringConfigOverrides"] = {}
    document["monitoring_config"]["evaluate_constraints"] = "Disabled"
    path.write_text(json.dumps(document))
    assert jobs.monitored(tmp_path).findings == set()
