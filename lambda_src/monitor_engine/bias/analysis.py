# SPDX-License-Identifier: Apache-2.0
"""Bias: Clarify's analysis.json of a baseline, or of a window against the baseline's.

A metric violates the baseline when it is farther from an even treatment, and by more than chance explains: by three of
its standard deviations over tables of as many records.
https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-model-monitor-bias-drift-violations.html
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from monitor_engine.bias import baseline as baselines
from monitor_engine.bias import configuration, measures, readings, remarks, sections, tallies
from monitor_engine.bias.baseline import PARTS, Found
from monitor_engine.bias.configuration import Configuration
from monitor_engine.bias.tallies import Tallies
from monitor_engine.contract import Job
from monitor_engine.metrics import VIOLATIONS, Metric
from monitor_engine.problems import EngineError
from monitor_engine.report import nothing, page
from monitor_engine.results import CLARIFY, Document, Result, Violation, violations_document

_CHANCE: Final = 3


def analyse(job: Job) -> Result:
    """Return a baseline, or with constraints the findings of a run. Raise EngineError."""
    if job.configuration is None:
        raise EngineError("a bias analysis needs analysis_config")
    stated = configuration.read(job.configuration)
    return suggest(job, stated) if job.constraints is None else compare(job, stated)


def suggest(job: Job, stated: Configuration) -> Result:
    """Return the metrics of trusted data. Raise EngineError."""
    read = readings.of_baseline(job, stated)
    if not read.tallies.records:
        raise EngineError(f"the baseline at {job.source.name} has no rows: give labelled data")
    found = measured(read.tallies)
    told = [*read.remarks, *read.reading.left_out, *remarks.of(read.tallies)]
    if not (job.attributes.inference or job.attributes.probability or stated.predicting):
        told.append("without a column of predictions only the labels were analysed")
    shown = page.Page(
        "Baseline of bias", [("rows", f"{read.tallies.records:,}")], (), told, False, sections.of(found, {}, ())
    )
    analysis = _document(read.tallies.configuration, found)
    files: dict[str, Document | str] = {
        "analysis.json": analysis,
        "constraints.json": analysis,
        "report.html": page.html(shown),
    }
    return Result(files, remarks=told)


def compare(job: Job, stated: Configuration) -> Result:
    """Return which metrics of a window are farther from even treatment than the baseline's. Raise EngineError."""
    title = f"Bias of {job.monitor.endpoint or job.source.name}"
    if job.constraints is None:
        raise EngineError("a run needs baseline_constraints")
    known = baselines.read(job.constraints)
    limits, stated = known.limits, stated.with_thresholds(frozenset(known.thresholds))
    known.check(stated)
    read = readings.of_window(job, stated)
    left_out = [*read.remarks, *read.reading.left_out]
    if not read.tallies.records:
        captured = [] if read.reading.records else [read.reading.nothing]
        return nothing.compared(title, [*captured, *left_out], version=CLARIFY, records=read.reading.records)
    found = measured(read.tallies)
    violations = list(_violations(found, limits, read.tallies))
    told = [*left_out, *remarks.of(read.tallies), *known.remarks(found)]
    start, end = job.window.texts if job.window else ("", "")
    facts = [("schedule", job.monitor.schedule), ("from", start), ("to", end), ("records", f"{read.tallies.records:,}")]
    violated = {
        (one.feature, more["facet_value"], more["metric_name"]) for one in violations for more in [dict(one.more)]
    }
    shown = page.Page(title, facts, violations, told, True, sections.of(found, limits, violated))
    files: dict[str, Document | str] = {
        "analysis.json": _document(read.tallies.configuration, found),
        "constraint_violations.json": violations_document(violations, CLARIFY),
        "report.html": page.html(shown),
    }
    sent = [
        Metric(f"bias_metric_{name}_{facet}_{value}", number)
        for (facet, value), values in found.items()
        for name, number in values.items()
    ]
    return Result(files, violations, told, [Metric(VIOLATIONS, len(violations)), *sent], read.reading.records)


def measured(counted: Tallies) -> Found:
    """Return the metrics of each facet."""
    return {
        (facet.name, value): measures.pre_training(cases) | measures.post_training(cases)
        for facet in counted.configuration.facets
        for value, cases in counted.sides(facet).items()
    }


def _violations(found: Found, limits: Found, counted: Tallies) -> Iterator[Violation]:
    for facet in counted.configuration.facets:
        for value, cases in counted.sides(facet).items():
            now, before = found[facet.name, value], limits.get((facet.name, value), {})
            spread = tallies.deviations(cases, has_predictions="DPPL" in now)
            for name, number in now.items():
                even, was = measures.NEUTRAL.get(name, 0.0), before.get(name, math.nan)
                farther = abs(number - even) - abs(was - even)
                if farther > _CHANCE * spread.get(name, 0.0) + 1e-12:
                    yield Violation(
                        facet.name,
                        "bias_drift_check",
                        f"{name} of {value} is {number:.4g}, farther from {even:g} than the baseline's {was:.4g}: "
                        "it does not meet the constraint requirement",
                        (("facet", facet.name), ("facet_value", value), ("metric_name", name)),
                        f"{name} of {value} {number:.4g}, farther from {even:g} than {was:.4g}",
                    )


def _document(stated: Configuration, found: Found) -> Document:
    parts: Document = {"version": CLARIFY}
    for part in PARTS:
        is_pre = part == PARTS[0]
        facets: Document = {}
        for (facet, value), values in found.items():
            metrics = [
                {"name": name, "description": measures.DESCRIPTIONS[name], "value": number}
                for name, number in values.items()
                if (name in measures.PRE_TRAINING) is is_pre
            ]
            facets.setdefault(facet, []).append({"value_or_threshold": value, "metrics": metrics})
        if any(one["metrics"] for entries in facets.values() for one in entries):
            positive = {"label": stated.label, "label_value_or_threshold": stated.positive.text}
            parts[part] = {**positive, "facets": facets}
    return parts
