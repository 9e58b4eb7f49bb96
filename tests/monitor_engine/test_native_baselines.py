# SPDX-License-Identifier: Apache-2.0
"""Baselines that Model Monitor's own container has written: taken as they are, and what cannot be used is said."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from monitor_engine import aws
from monitor_engine.data_quality import baseline as baselines
from monitor_engine.data_quality import distance, distribution
from tests.monitor_engine import jobs
from tests.monitor_engine.jobs import Ended

_NATIVE = Path(__file__).parent / "native"
Document = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(_NATIVE, tmp_path / "baseline")
    return tmp_path


def _changed(folder: Path, name: str, change: Callable[[Document], None]) -> None:
    path = folder / "baseline" / name
    document = json.loads(path.read_text("utf-8"))
    change(document)
    path.write_text(json.dumps(document), "utf-8")


def _window(folder: Path, *, late: float = 0.0, hours: float = 0.0, crew: int = 0, north: float = 0.5) -> Ended:
    random = np.random.default_rng(8)
    pairs = []
    for _ in range(400):
        sent = [f"{random.random() * 10 + hours:.3f}", str(random.integers(2, 5) + crew)]
        berth = "north" if random.random() < north else "south"
        pairs.append((f"{','.join(sent)},{berth},", f"{random.random() + late:.3f}"))
    jobs.captures(folder, pairs)
    return jobs.monitored(folder)


def test_a_window_like_the_baseline_has_no_violations_and_says_what_was_not_compared(folder: Path) -> None:
    ended = _window(folder)
    assert (ended.status, ended.violations) == (0, []), ended.message
    assert "drift was not looked at without a distribution in statistics.json: crew" in ended.message
    assert "the baseline has buckets without a sketch, so drift within one is not seen: hours" in ended.message


@pytest.mark.parametrize(
    ("shift", "found"),
    [({"late": 0.5}, {"late"}), ({"hours": 6.0}, {"hours"}), ({"hours": 2.0}, set()), ({"crew": 9}, set()),
     ({"north": 0.9}, {"berth"})],
    ids=["sketch", "buckets", "below-the-feature-s-own-threshold", "nothing-known", "categories"],
)  # fmt: skip
def test_a_shift_is_found_by_sketch_buckets_and_categories(folder: Path, shift: Any, found: set[str]) -> None:
    assert _window(folder, **shift).findings == {(name, "baseline_drift_check") for name in found}


def test_buckets_are_never_farther_than_the_numbers_they_stand_for() -> None:
    random = np.random.default_rng(1)
    first, second = np.sort(random.normal(size=500)), np.sort(random.normal(0.4, size=400))
    counts, edges = np.histogram(first, 10)
    stated = [
        {"lower_bound": low, "upper_bound": high, "count": count}
        for low, high, count in zip(edges[:-1], edges[1:], counts.tolist(), strict=True)
    ]
    known = distribution.read({"numerical_statistics": {"distribution": {"kll": {"buckets": stated}}}})
    assert known is not None

    def compared(with_what: Any) -> tuple[float, float]:
        ranks = [np.searchsorted(with_what, known.edges, side) for side in ("left", "right")]
        rough = distance.bucketed(known.weights, ranks[0], ranks[1], len(with_what))
        ranks = [np.searchsorted(with_what, first, side) for side in ("left", "right")]
        return rough, distance.simple(np.ones(500), ranks[0], ranks[1], len(with_what))

    assert compared(first)[0] == pytest.approx(0.0)
    rough, exact = compared(second)
    assert exact / 2 < rough <= exact + 1e-12


@pytest.mark.parametrize(
    ("name", "change", "findings", "words"),
    [
        ("constraints.json", lambda one: one.pop("monitoring_config"), {"late"}, ""),
        ("constraints.json", lambda one: one["monitoring_config"].pop("distribution_constraints"), {"late"}, ""),
        ("constraints.json", lambda one: [feature.pop("completeness") for feature in one["features"]], {"late"}, ""),
        ("constraints.json", lambda one: [feature.pop("inferred_type") for feature in one["features"]], {"late"}, ""),
        ("constraints.json", lambda one: one["monitoring_config"].update(evaluate_constraints="Disabled"), set(),
         "evaluate_constraints Disabled: no violations were looked for"),
        ("constraints.json",
         lambda one: one["features"][0].update(monitoringConfigOverrides={"evaluate_constraints": "Disabled"}), set(),
         "evaluate_constraints Disabled for late"),
        ("constraints.json",
         lambda one: one["monitoring_config"]["distribution_constraints"].update(perform_comparison="Disabled"),
         set(), "with no violations."),
        ("constraints.json",
         lambda one: one["monitoring_config"].update(distribution_constraints={"enable_comparisons": False}),
         set(), "with no violations."),
        ("constraints.json", lambda one: one["features"][0].update(inferred_type="String"), set(),
         "where statistics.json has another type than constraints.json: late"),
        ("statistics.json", lambda one: one["features"].pop(0), set(), "without baseline statistics: late"),
        ("statistics.json", lambda one: one["features"][0]["numerical_statistics"].pop("common"), {"late"}, ""),
        ("statistics.json", lambda one: one["features"][3]["string_statistics"].pop("distinct_count"), {"late"}, ""),
    ],
    ids=["no-config", "no-distances", "no-completeness", "no-types", "nothing-evaluated", "one-not-evaluated",
         "no-comparison", "no-comparison-in-the-first-version", "another-type", "a-feature-less", "no-counts",
         "no-distinct-count"],
)  # fmt: skip
def test_parts_that_are_not_there_are_done_without(
    folder: Path, name: str, change: Callable[[Document], None], findings: set[str], words: str
) -> None:
    _changed(folder, name, change)
    ended = _window(folder, late=0.5)
    assert (ended.status, ended.findings) == (0, {(one, "baseline_drift_check") for one in findings}), ended.message
    assert words in ended.message


def test_without_statistics_the_constraints_alone_are_checked(folder: Path) -> None:
    (folder / "baseline" / "statistics.json").unlink()
    ended = _window(folder, late=0.5, north=0.0)
    assert (ended.status, ended.findings) == (0, set())
    assert "drift was not looked at without baseline statistics: late, hours, crew, berth" in ended.message
    jobs.captures(folder, [("1.0,2,west,", "0.5")] * 9)
    assert jobs.monitored(folder).findings == {("berth", "categorical_values_check")}


@pytest.mark.parametrize(
    ("share", "threshold", "is_found"), [(0.5, 0.4, False), (0.5, 0.6, True)], ids=["enough", "too-few"]
)
@pytest.mark.parametrize("name", ["domain_content_threshold", "datatype_check_threshold"])
def test_a_share_of_values_may_be_new(folder: Path, name: str, share: float, threshold: float, is_found: bool) -> None:
    _changed(folder, "constraints.json", lambda one: one["monitoring_config"].update({name: threshold}))
    new = "1.0,2,west," if name.startswith("domain") else "1.0,much,north,"
    jobs.captures(folder, [(new if number < 20 * share else "1.0,2,north,", "0.5") for number in range(20)])
    check = "categorical_values_check" if name.startswith("domain") else "data_type_check"
    assert (check in {kind for _, kind in jobs.monitored(folder).findings}) is is_found


@pytest.mark.parametrize("of", ["all", "one"])
def test_metrics_are_sent_only_where_the_constraints_say_so(
    folder: Path, of: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Mapping[str, Any]] = []
    monkeypatch.setattr(aws, "send_metrics", sent.extend)
    off = {"emit_metrics": "Disabled"}
    if of == "all":
        _changed(folder, "constraints.json", lambda one: one["monitoring_config"].update(off))
    else:
        _changed(folder, "constraints.json", lambda one: one["features"][0].update(monitoringConfigOverrides=off))
    jobs.captures(folder, [("1.0,2,north,", "0.5")] * 9)
    names = {"sagemaker_endpoint_name": "live", "sagemaker_monitoring_schedule_name": "hourly"}
    jobs.monitored(folder, publish_cloudwatch_metrics="Enabled", **names)
    metrics = {one["MetricName"] for call in sent for one in call["MetricData"]}
    assert "violations" in metrics
    assert not {name for name in metrics if name.endswith("_late")}
    assert bool({name for name in metrics if name.endswith("_hours")}) is (of == "one")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda one: one["monitoring_config"].update(datatype_check_threshold="high"),
         "datatype_check_threshold is 'high': give a number from 0 to 1"),
        (lambda one: one["features"][1].update(
            monitoringConfigOverrides={"distribution_constraints": {"comparison_threshold": 7}}),
         "comparison_threshold of hours is 7: give a number from 0 to 1"),
        (lambda one: one["monitoring_config"]["distribution_constraints"].update(comparison_method="Fuzzy"),
         "comparison_method is 'Fuzzy': give Robust or Simple"),
        (lambda one: one["features"][1].update(inferred_type="Number"), "inferred_type of hours is 'Number'"),
        (lambda one: [one.pop("features"), one.update(regression_constraints={})],
         "has no features, but monitoring_config, regression_constraints: is it of another kind of monitor?"),
    ],
    ids=["threshold", "override", "method", "type", "another-kind"],
)  # fmt: skip
def test_what_cannot_be_meant_is_named_once(folder: Path, change: Callable[[Document], None], words: str) -> None:
    _changed(folder, "constraints.json", change)
    ended = _window(folder)
    assert (ended.status, ended.message.count(words)) == (1, 1), ended.message


def test_overrides_of_the_first_containers_count(folder: Path) -> None:
    """They stood with the constraints of texts, and domains had a `min_domain_mass`."""
    overrides = {"distribution_constraints": {"min_domain_mass": 0.3, "comparison_threshold": 0.9}}

    def change(one: Document) -> None:
        one["monitoring_config"].pop("domain_content_threshold")
        one["features"][3]["string_constraints"]["monitoring_config_overrides"] = overrides

    _changed(folder, "constraints.json", change)
    read = baselines.read(folder / "baseline" / "constraints.json", None)
    assert read is not None
    assert (read.features[3].settings.least_known, read.features[3].settings.most) == (0.3, 0.9)
    assert (read.features[2].settings.least_known, read.features[2].settings.most) == (0.1, 0.1)
