# SPDX-License-Identifier: Apache-2.0
"""Attribution: Clarify's explanations of a baseline, or of a window against the order of the baseline's.

https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-model-monitor-feature-attribution-drift.html
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from monitor_engine import aws
from monitor_engine.attribution import background as backgrounds
from monitor_engine.attribution import configuration, explanations, kernel_shap, sections
from monitor_engine.attribution.background import Row
from monitor_engine.attribution.configuration import Configuration
from monitor_engine.attribution.explanations import LEAST, Explained, Values, ndcg
from monitor_engine.attribution.kernel_shap import Rows
from monitor_engine.attribution.predictor import Predictor
from monitor_engine.contract import CSV, PARTS, Job
from monitor_engine.data import captures, csv_files, dataset, payloads, questions
from monitor_engine.data.captures import Reading
from monitor_engine.data.columns import Numbers
from monitor_engine.data.payloads import UnreadableError
from monitor_engine.metrics import VIOLATIONS, Metric
from monitor_engine.problems import EngineError
from monitor_engine.report import nothing, page
from monitor_engine.results import CLARIFY, Document, Result, Violation, violations_document

_WITHOUT_BACKGROUND: Final = (
    "neither shap_config nor the baseline has rows to compare with, so rows of the window were taken: "
    "give shap_config.baseline to have the same in every run"
)
_FEW: Final = 5
"""Rows of a background, where it is not known yet how many there are."""


def analyse(job: Job) -> Result:
    """Return a baseline, or with constraints the findings of a run. Raise EngineError."""
    if job.configuration is None:
        raise EngineError("an attribution needs analysis_config")
    stated = configuration.read(job.configuration)
    return suggest(job, stated) if job.constraints is None else compare(job, stated)


def suggest(job: Job, stated: Configuration) -> Result:
    """Return the explanations of trusted data. Raise EngineError."""
    if job.format.kind != CSV or not job.format.has_header:
        raise EngineError("a baseline of attribution is a CSV file with a header")
    rows = dataset.sample(_of_files(job, stated), _rows_to_explain(job, stated, len(stated.background)))
    if not rows:
        raise EngineError(f"the baseline at {job.source.name} has no rows: give data that the model was trained with")
    background = stated.background or backgrounds.picked(rows, stated.clusters, stated.seed)
    values, expected = _explained(job, stated, rows, background)
    found = explanations.together(stated, values, expected)
    remarks = _worth_knowing(values)
    facts = [("rows explained", str(len(rows))), ("rows of the background", str(len(background)))]
    shown = page.Page("Baseline of attribution", facts, (), remarks, False, sections.of(found, {}))
    analysis = found.document(background)
    files: dict[str, Document | str] = {
        "analysis.json": analysis,
        "constraints.json": analysis,
        **_local(stated, values, list(found.values)),
        "report.html": page.html(shown),
    }
    return Result(files, remarks=remarks)


def compare(job: Job, stated: Configuration) -> Result:
    """Return for which labels the features count in another order than in the baseline. Raise EngineError."""
    title = f"Attribution of {job.monitor.endpoint or stated.endpoint}"
    if job.constraints is None:
        raise EngineError("a run needs baseline_constraints")
    known = explanations.read(job.constraints, stated)
    reading = Reading()
    rows = dataset.sample(_of_window(job, stated, reading), _rows_to_explain(job, stated, len(known.background)))
    reading.check(job.unreadable_share)
    if not rows:
        return nothing.compared(title, [reading.nothing, *reading.left_out], version=CLARIFY, records=reading.records)
    background = known.background or backgrounds.picked(rows, stated.clusters, stated.seed)
    values, expected = _explained(job, stated, rows, background)
    found = explanations.together(stated, values, expected)
    before = {
        label: {name: of_label[name] for name in stated.explained}
        for label, of_label in known.of(list(found.values)).items()
    }
    violations = list(_violations(before, found))
    remarks = [] if known.background else [_WITHOUT_BACKGROUND]
    remarks += [f"{len(rows)} of {reading.records} records were explained"] if len(rows) < reading.records else []
    remarks += [*reading.left_out, *known.remarks(list(found.values)), *_worth_knowing(values)]
    start, end = job.window.texts if job.window else ("", "")
    facts = [("schedule", job.monitor.schedule), ("from", start), ("to", end), ("rows explained", str(len(rows)))]
    shown = page.Page(title, facts, violations, remarks, True, sections.of(found, before))
    files: dict[str, Document | str] = {
        "analysis.json": found.document(background),
        "constraint_violations.json": violations_document(violations, CLARIFY),
        **_local(stated, values, list(found.values)),
        "report.html": page.html(shown),
    }
    return Result(files, violations, remarks, [Metric(VIOLATIONS, len(violations)), *_metrics(found)], reading.records)


def _rows_to_explain(job: Job, stated: Configuration, background: int) -> int:
    """As many as the bounded number of questions allows, one at least."""
    coalitions = min(stated.samples, 1 << min(len(stated.explained), 30)) + 2
    return max(job.asking.rows // (coalitions * (background or stated.clusters or _FEW)), 1)


def _explained(
    job: Job, stated: Configuration, rows: Sequence[Row], background: Sequence[Row]
) -> tuple[Numbers, Numbers]:
    """The values by row, feature and label, and the answers to the background by label."""
    predict = Predictor(
        functools.partial(aws.ask, stated.endpoint),
        job.asking.per_second,
        questions.name_of_run(job),
        score=stated.score,
        use_logit=stated.use_logit,
    )
    behind: Rows = np.array(background, dtype=object)
    expected: Numbers = predict(behind).mean(axis=0)
    # A wrong number of labels is told before thousands of questions, not after them.
    explanations.named(stated, len(expected))
    drawn = kernel_shap.coalitions(len(stated.explained), stated.samples, np.random.default_rng(stated.seed))
    places = [stated.features.index(name) for name in stated.explained]
    values = [kernel_shap.values(predict, np.array(row, dtype=object), behind, drawn, places) for row in rows]
    return np.array(values), expected


def _of_files(job: Job, stated: Configuration) -> Iterator[tuple[str, Row]]:
    for path in dataset.files(job.source):
        for line, cells in csv_files.rows(path, stated.features):
            yield f"{path.name}:{line}", tuple(cells[name] for name in stated.features)


def _of_window(job: Job, stated: Configuration, reading: Reading) -> Iterator[tuple[str, Row]]:
    if job.window is None:
        raise EngineError("a run of attribution needs start_time and end_time")
    for record in captures.records(captures.files(job.source, job.window), job.window, reading):
        try:
            asked = record.data.get(PARTS[1])
            if not isinstance(asked, dict):
                raise UnreadableError("it has no request: is the endpoint's capture on for requests?")
            found = [_cells(row, stated) for row in payloads.rows_of(asked, job.attributes.features)]
        except UnreadableError as error:
            reading.leave_out(record.where, str(error))
            continue
        yield from ((f"{record.ids}:{place}", row) for place, row in enumerate(found))


def _cells(row: payloads.Row, stated: Configuration) -> Row:
    if isinstance(row, dict):
        return tuple(row.get(name) or "" for name in stated.features)
    if len(row) != len(stated.features):
        raise UnreadableError(f"it has {len(row)} values for the {len(stated.features)} features of the baseline")
    return tuple(value or "" for value in row)


def _worth_knowing(values: Numbers) -> list[str]:
    found = ["one row was explained: the order of the features is that of this row alone"] if len(values) == 1 else []
    if not np.any(values):
        found.append("no feature changes the model's answers in these rows, so they have no order")
    return found


def _violations(before: Mapping[str, Values], found: Explained) -> Iterator[Violation]:
    for label, earlier in before.items():
        now = found.values[label]
        score = ndcg(earlier, now)
        if score >= LEAST:
            continue
        first, then = (sorted(some, key=lambda name: -abs(some[name]))[:3] for some in (earlier, now))
        yield Violation(
            label,
            "feature_attribution_drift_check",
            f"nDCG score {score:.3f} does not meet the constraint requirement of {LEAST}: "
            f"first were {', '.join(first)}, now {', '.join(then)}",
            (("label", label), ("metric_name", "shap")),
            f"nDCG {score:.3f} < {LEAST}",
        )


def _metrics(found: Explained) -> Iterator[Metric]:
    for label, values in found.values.items():
        of_label = f"_{label}" if len(found.values) > 1 else ""
        for name, value in values.items():
            yield Metric(f"feature_{name}{of_label}", value)
        yield Metric(f"ExpectedValue{of_label}", found.expected[label])


def _local(stated: Configuration, values: Numbers, labels: Sequence[str]) -> dict[str, str]:
    """The values of each row, unless they are not wanted; with several labels each column has its own."""
    if not stated.keeps_rows:
        return {}
    of_labels = [f"_{label}" for label in labels] if len(labels) > 1 else [""]
    heads = ['"' + f"{name}{label}".replace('"', '""') + '"' for name in stated.explained for label in of_labels]
    lines = [",".join(heads), *(",".join(map(repr, row.ravel().tolist())) for row in values)]
    return {"explanations_shap/out.csv": "\n".join(lines) + "\n"}
