# SPDX-License-Identifier: Apache-2.0
"""Model quality: metrics of a baseline, or of a window against the baseline's."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from monitor_engine.contract import BINARY, REGRESSION, Attributes, Job
from monitor_engine.data import attributes
from monitor_engine.data.payloads import UnreadableError
from monitor_engine.metrics import VIOLATIONS, Metric
from monitor_engine.model_quality import constraints, history, measures, readings, remarks, sections
from monitor_engine.model_quality.measures import Classified
from monitor_engine.model_quality.outcomes import Outcomes
from monitor_engine.model_quality.readings import Read
from monitor_engine.problems import EngineError
from monitor_engine.report import nothing, page
from monitor_engine.results import Document, Result, violations_document

# The code of a label that a binary problem does not have.
_NEW = -2


def analyse(job: Job) -> Result:
    """Return a baseline, or with constraints the findings of a run. Raise EngineError."""
    return suggest(job) if job.constraints is None else compare(job)


def suggest(job: Job) -> Result:
    """Return the metrics of known outcomes, and the constraints that follow. Raise EngineError."""
    read = readings.of_baseline(job)
    if not len(read.outcomes):
        raise EngineError(f"the baseline at {job.source.name} has no rows: give predictions with their labels")
    found = measured(read.outcomes, job.attributes, [])
    told = [
        *read.remarks,
        *read.reading.left_out,
        *remarks.of(read.outcomes, job.attributes),
        *remarks.without_constraint(found),
    ]
    shown = page.Page(
        title="Baseline of model quality",
        facts=[("problem", job.attributes.problem), ("rows", f"{read.outcomes.seen:,}")],
        remarks=told,
        is_run=False,
        sections=sections.of(found, {}, ()),
    )
    files: dict[str, Document | str] = {
        "statistics.json": _statistics(job, read, found),
        "constraints.json": constraints.document(job.attributes.problem, found),
        "report.html": page.html(shown),
    }
    return Result(files, remarks=told)


def compare(job: Job) -> Result:
    """Return which metrics of a window are worse than the baseline's. Raise EngineError."""
    title = f"Model quality of {job.monitor.endpoint or job.source.name}"
    if job.constraints is None:
        raise EngineError("a run needs baseline_constraints")
    limits = _limits(job.attributes.problem, job.constraints)
    known = _known_labels(job)
    read = readings.of_window(job)
    left_out = [*read.remarks, *read.reading.left_out]
    if not len(read.outcomes):
        captured = [] if read.reading.records else [read.reading.nothing]
        return nothing.compared(title, [*captured, *left_out], records=read.reading.records)
    found = measured(read.outcomes, job.attributes, known)
    violations = list(constraints.find(found, limits))
    past, hidden = history.read(job)
    told = [
        *left_out,
        *hidden,
        *remarks.of(read.outcomes, job.attributes),
        *remarks.new_labels(read.outcomes, known, job.attributes),
        *remarks.not_compared(found, limits),
    ]
    start, end = job.window.texts if job.window else ("", "")
    shown = page.Page(
        title=title,
        facts=[("schedule", job.monitor.schedule), ("from", start), ("to", end),
               ("records with ground truth", f"{read.outcomes.seen:,}")],
        violations=violations,
        remarks=told,
        sections=[*sections.of(found, limits, {one.feature for one in violations}), *sections.of_runs(found, past)],
    )  # fmt: skip
    files: dict[str, Document | str] = {
        "statistics.json": _statistics(job, read, found),
        "constraint_violations.json": violations_document(violations),
        "report.html": page.html(shown),
    }
    return Result(files, violations, told, _metrics(found, len(violations)), read.reading.records)


def measured(outcomes: Outcomes, given: Attributes, known: Sequence[str]) -> Document:
    """Return the metrics of outcomes; `known` are the labels of the baseline. Raise EngineError."""
    if given.problem == REGRESSION:
        return measures.regression(outcomes.numbers("truth"), outcomes.numbers("predicted"))
    truth, predicted = outcomes.codes("truth"), outcomes.codes("predicted")
    labels = sorted({*outcomes.labels, *known}, key=_order)
    probability = outcomes.numbers("probability")
    has_probability = given.problem == BINARY and not np.isnan(probability).any()
    if given.problem == BINARY:
        labels = _two(list(known) if len(known) == 2 else labels)
    place = {label: number for number, label in enumerate(labels)}
    # The codes are in the order in which the labels were met; the last place is for a prediction that was not given.
    codes = np.array([*(place.get(label, _NEW) for label in outcomes.labels), -1])
    truth, predicted = codes[truth], codes[predicted]
    usable = (truth != _NEW) & (predicted != _NEW)
    if not usable.any():
        raise EngineError(
            f"no record has a label and a prediction that are both {' or '.join(labels)}: {remarks.sides(outcomes)}. "
            "Check inference_attribute, which says where in an answer the prediction stands, and the ground truth"
        )
    truth, predicted, probability = truth[usable], predicted[usable], probability[usable]
    if has_probability:
        predicted = np.where(predicted < 0, probability >= given.threshold, predicted).astype(int)
    classified = Classified(truth, predicted, labels, probability if has_probability else None)
    return measures.binary(classified) if given.problem == BINARY else measures.multiclass(classified)


def _two(labels: list[str]) -> list[str]:
    """The two labels of a binary problem; the second one is positive."""
    if set(labels) <= {"0", "1"}:
        return ["0", "1"]
    if len(labels) > 2:
        raise EngineError(
            f"a binary classification has two labels, and these are {len(labels)}: {', '.join(labels[:5])}. "
            "Check the attributes, or take MulticlassClassification."
        )
    if len(labels) == 1:
        raise EngineError(f"only the label {labels[0]!r} was met: a second one, or 0 and 1, must be in the baseline")
    return labels


def _order(label: str) -> tuple[int, float, str]:
    try:
        return 0, float(label), label
    except ValueError:
        return 1, 0.0, label


def _statistics(job: Job, read: Read, found: Document) -> Document:
    dataset: Document = {"item_count": read.outcomes.seen}
    if job.window is not None:
        dataset["start_time"], dataset["end_time"] = job.window.texts
    return {"version": 0.0, "dataset": dataset, constraints.METRICS[job.attributes.problem]: found}


def _limits(problem: str, path: Path) -> dict[str, tuple[float, str]]:
    try:
        found, problems = constraints.thresholds(problem, json.loads(path.read_text(encoding="utf-8-sig")))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EngineError(
            f"{path.name} of the baseline has no constraints of {problem} ({type(error).__name__}: {error}): compute "
            "the baseline for this problem type"
        ) from error
    if problems:
        raise EngineError(f"{path.name} of the baseline is not right: {'; '.join(problems[:5])}.")
    return found


def _known_labels(job: Job) -> list[str]:
    if job.statistics is None or not job.statistics.is_file():
        return []
    try:
        stated = json.loads(job.statistics.read_text(encoding="utf-8-sig"))
        matrix = stated[constraints.METRICS[job.attributes.problem]].get("confusion_matrix") or {}
        return [attributes.label(label) for label in matrix]
    except (ValueError, KeyError, TypeError, AttributeError, UnreadableError) as error:
        raise EngineError(f"statistics.json of the baseline is not of {job.attributes.problem}: {error}") from error


def _metrics(found: Mapping[str, Any], violations: int) -> list[Metric]:
    values = [(name, metric["value"]) for name, metric in found.items() if constraints.is_scalar(metric)]
    return [Metric(VIOLATIONS, violations), *(Metric(name, value) for name, value in values if not math.isnan(value))]
