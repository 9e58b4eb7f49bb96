# SPDX-License-Identifier: Apache-2.0
"""Data quality: a baseline of a data set, or a comparison of a window with a baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from monitor_engine.contract import CAPTURES, Job
from monitor_engine.data import dataset
from monitor_engine.data.captures import Reading
from monitor_engine.data_quality import baseline as baselines
from monitor_engine.data_quality import checks, constraints, sections, statistics
from monitor_engine.data_quality.baseline import Baseline, listed
from monitor_engine.data_quality.checks import Drift
from monitor_engine.data_quality.profile import ColumnProfile, Profile, mixed
from monitor_engine.metrics import VIOLATIONS, Metric
from monitor_engine.problems import EngineError
from monitor_engine.report import nothing, page
from monitor_engine.results import Document, Result, violations_document


def analyse(job: Job) -> Result:
    """Return a baseline, or with constraints the findings of a run. Raise EngineError."""
    return suggest(job) if job.constraints is None else compare(job)


def suggest(job: Job) -> Result:
    """Return the statistics of trusted data, and the constraints that follow. Raise EngineError."""
    profile, reading = _profile(job, None)
    if not profile.rows:
        raise EngineError(f"the baseline at {job.source.name} has no rows: give data that the model was trained with")
    found = statistics.document(profile, {})
    remarks = [*reading.left_out, *_worth_knowing(profile)]
    shown = page.Page(
        title="Baseline of data quality",
        facts=[("rows", f"{profile.rows:,}"), ("features", str(len(profile.columns)))],
        remarks=remarks,
        is_run=False,
    )
    shown = replace(shown, sections=sections.of(profile, None, [], (), page.room(shown)))
    files: dict[str, Document | str] = {
        "statistics.json": found,
        "constraints.json": constraints.document(found, job.categorical_drift_method),
        "report.html": page.html(shown),
    }
    return Result(files, remarks=remarks)


def compare(job: Job) -> Result:
    """Return the violations of a window. Raise EngineError."""
    if job.constraints is None:
        raise EngineError("a run needs baseline_constraints")
    title = f"Data quality of {job.monitor.endpoint or job.source.name}"
    window = list(zip(("from", "to"), job.window.texts, strict=True)) if job.window else []
    baseline = baselines.read(job.constraints, job.statistics)
    profile, reading = _profile(job, baseline)
    if not profile.rows:
        return nothing.compared(title, [reading.nothing, *reading.left_out], window, records=reading.records)
    drifts = checks.drifts(profile, baseline, job.categorical_drift_method)
    violations = checks.find(profile, baseline, drifts, job.ignored)
    remarks = [*reading.left_out, *_switched_off(baseline), *baseline.remarks]
    start, end = job.window.texts if job.window else ("", "")
    shown = page.Page(
        title=title,
        facts=[("schedule", job.monitor.schedule), ("from", start), ("to", end), ("rows", f"{profile.rows:,}")],
        violations=violations,
        remarks=remarks,
    )
    violated = {one.feature for one in violations}
    shown = replace(shown, sections=sections.of(profile, baseline, drifts, violated, page.room(shown)))
    files: dict[str, Document | str] = {
        "statistics.json": statistics.document(profile, {one.name: one.kind for one in baseline.features}),
        "constraint_violations.json": violations_document(violations),
        "report.html": page.html(shown),
    }
    metrics = _metrics(profile, baseline, drifts, len(violations))
    return Result(files, violations, remarks, metrics, reading.records or profile.rows)


def _profile(job: Job, baseline: Baseline | None) -> tuple[Profile, Reading]:
    known = dataset.header(job) or ([] if baseline is None else baseline.names)
    as_text = frozenset() if baseline is None else baseline.texts
    numeric = frozenset() if baseline is None else frozenset(one.name for one in baseline.features if one.is_numeric)
    while True:
        profile, reading = _new(baseline), Reading()
        for table in dataset.read(job, known, as_text, reading):
            profile.add(table)
        if job.format.kind == CAPTURES:
            reading.check(job.unreadable_share)
        again = mixed(profile, numeric) - as_text
        if not again:
            return profile, reading
        # Texts were met after numbers whose texts are gone: the data is read once more.
        as_text |= again


def _new(baseline: Baseline | None) -> Profile:
    if baseline is None:
        return Profile()
    known = [one for one in baseline.features if one.distribution is not None and one.is_numeric]
    return Profile(
        points={one.name: one.distribution.places for one in known if one.distribution is not None},
        domains={one.name: one.domain for one in baseline.features if one.domain is not None},
    )


def _worth_knowing(profile: Profile) -> list[str]:
    """What a person should know of a baseline before a run is compared with it."""
    remarks = []
    if profile.rows == 1:
        remarks.append("the baseline has one row: no drift can be told from it")
    empty = [name for name, column in profile.columns.items() if not column.present]
    if empty:
        remarks.append(f"without any value, and so without a type: {listed(empty)}")
    same = [name for name, column in profile.columns.items() if _is_constant(column)]
    if same and profile.rows > 1:
        remarks.append(f"with one value in all rows, so that any other is drift: {listed(same)}")
    only = next(iter(profile.columns))
    if len(profile.columns) == 1 and any(mark in only for mark in ";\t|"):
        remarks.append(f"there is one column, {only[:60]!r}: separate columns by commas")
    vast = [name for name, column in profile.columns.items() if not column.texts.is_whole]
    if vast:
        remarks.append(f"of too many different texts not all are counted, as with identifiers: {listed(vast)}")
    return remarks


def _is_constant(column: ColumnProfile) -> bool:
    if column.texts.total:
        return column.texts.distinct == 1
    return column.moments.count > 0 and column.moments.low == column.moments.high


def _switched_off(baseline: Baseline) -> list[str]:
    if not baseline.settings.evaluates:
        return ["constraints.json has evaluate_constraints Disabled: no violations were looked for"]
    names = [one.name for one in baseline.features if not one.settings.evaluates]
    return [f"constraints.json has evaluate_constraints Disabled for {listed(names)}"] if names else []


def _metrics(profile: Profile, baseline: Baseline, drifts: Sequence[Drift], violations: int) -> list[Metric]:
    silent = {one.name for one in baseline.features if not one.settings.emits}
    metrics = [Metric(VIOLATIONS, violations)]
    for name, column in profile.columns.items():
        if name in silent or not (baseline.settings.emits or name in baseline.names):
            continue
        moments = column.moments
        if moments.count:
            metrics.append(Metric(f"feature_data_{name}", moments.total, moments.count, moments.low, moments.high))
        metrics.append(Metric(f"feature_non_null_{name}", column.present))
    told = (drift for drift in drifts if drift.feature not in silent)
    return [*metrics, *(Metric(f"feature_baseline_drift_{drift.feature}", drift.value) for drift in told)]
