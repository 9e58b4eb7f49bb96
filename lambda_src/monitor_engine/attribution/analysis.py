# SPDX-License-Identifier: Apache-2.0
"""Attribution: Clarify's explanations of a baseline, or of a window against the order of the baseline's.

https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-model-monitor-feature-attribution-drift.html
"""

from __future__ import annotations

import functools
import heapq
import json
import math
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from monitor_engine import aws
from monitor_engine.attribution import configuration, kernel_shap
from monitor_engine.attribution.configuration import Configuration
from monitor_engine.attribution.kernel_shap import Rows
from monitor_engine.attribution.predictor import Predictor
from monitor_engine.contract import CSV, PARTS, Job
from monitor_engine.data import captures, csv_files, dataset, payloads
from monitor_engine.data.captures import Reading
from monitor_engine.data.columns import Numbers
from monitor_engine.data.payloads import UnreadableError
from monitor_engine.metrics import VIOLATIONS, Metric
from monitor_engine.problems import EngineError
from monitor_engine.report import nothing, page
from monitor_engine.results import CLARIFY, Document, Result, Violation, violations_document

_LABEL: Final = "label0"
_LEAST: Final = 0.9
"""NDCG of the baseline's order below which the order has drifted."""
_BACKGROUND: Final = 5
"""Rows of the baseline's data that are the background where the configuration names none."""
_WITHOUT_BACKGROUND: Final = (
    "neither shap_config nor the baseline has rows to compare with, so rows of the window were taken: "
    "give shap_config.baseline to have the same in every run"
)
Row = tuple[str, ...]


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
    rows = _lowest(_of_files(job, stated), _rows_to_explain(job, stated, len(stated.background) or _BACKGROUND))
    if not rows:
        raise EngineError(f"the baseline at {job.source.name} has no rows: give data that the model was trained with")
    background = stated.background or tuple(rows[:_BACKGROUND])
    explained = _explained(job, stated, rows, background)
    found = _document(stated, explained, background)
    remarks = _worth_knowing(explained[0])
    facts = [("rows explained", str(len(rows)))]
    shown = page.Page("Baseline of attribution", facts, (), remarks, False, _sections(found, {}))
    files: dict[str, Document | str] = {
        "analysis.json": found,
        "constraints.json": found,
        "explanations_shap/out.csv": _local(stated, explained[0]),
        "report.html": page.html(shown),
    }
    return Result(files, remarks=remarks)


def compare(job: Job, stated: Configuration) -> Result:
    """Return whether the features count in another order than in the baseline. Raise EngineError."""
    title = f"Attribution of {job.monitor.endpoint or stated.endpoint}"
    if job.constraints is None:
        raise EngineError("a run needs baseline_constraints")
    before, background = _baseline(job.constraints, stated)
    reading = Reading()
    rows = _lowest(_of_window(job, stated, reading), _rows_to_explain(job, stated, len(background) or _BACKGROUND))
    reading.check(job.unreadable_share)
    if not rows:
        return nothing.compared(title, [reading.nothing, *reading.left_out], version=CLARIFY, records=reading.records)
    remarks = [] if background else [_WITHOUT_BACKGROUND]
    background = background or rows[:_BACKGROUND]
    explained = _explained(job, stated, rows, background)
    found = _document(stated, explained, background)
    now = found["explanations"]["kernel_shap"][_LABEL]["global_shap_values"]
    score = ndcg(before, now)
    violations = [] if score >= _LEAST else [_violation(score, before, now)]
    remarks += [f"{len(rows)} of {reading.records} records were explained"] if len(rows) < reading.records else []
    remarks += [*reading.left_out, *_worth_knowing(explained[0])]
    start, end = job.window.texts if job.window else ("", "")
    facts = [("schedule", job.monitor.schedule), ("from", start), ("to", end), ("NDCG", f"{score:.3f}")]
    shown = page.Page(title, facts, violations, remarks, True, _sections(found, before))
    files: dict[str, Document | str] = {
        "analysis.json": found,
        "constraint_violations.json": violations_document(violations, CLARIFY),
        "explanations_shap/out.csv": _local(stated, explained[0]),
        "report.html": page.html(shown),
    }
    sent = [Metric(f"feature_{name}", value) for name, value in now.items()]
    expected = Metric("ExpectedValue", explained[1])
    return Result(files, violations, remarks, [Metric(VIOLATIONS, len(violations)), *sent, expected], reading.records)


def ndcg(before: Mapping[str, float], now: Mapping[str, float]) -> float:
    """Return how much of the baseline's attribution is in place in the order of today: 1 for the same order."""

    def gain(order: Iterable[str]) -> float:
        return sum(abs(before[name]) / math.log2(place + 1) for place, name in enumerate(order, 1))

    def ordered(values: Mapping[str, float]) -> list[str]:
        return sorted(before, key=lambda name: (-abs(values.get(name, 0.0)), name))

    ideal = gain(ordered(before))
    return gain(ordered(now)) / ideal if ideal else 1.0


def _rows_to_explain(job: Job, stated: Configuration, background: int) -> int:
    """As many as the bounded number of questions allows, one at least."""
    coalitions = min(stated.samples, 1 << min(len(stated.features), 30)) + 2
    return max(job.asking.rows // (coalitions * max(background, 1)), 1)


def _explained(
    job: Job, stated: Configuration, rows: Sequence[Row], background: Sequence[Row]
) -> tuple[Numbers, float]:
    """The value of each feature in each row, and the answer to the background."""
    predict = Predictor(
        functools.partial(aws.ask, stated.endpoint),
        stated.score,
        job.asking.per_second,
        stated.use_logit,
        # A second attempt asks under the same identifiers.
        f"{zlib.crc32(str(job.window).encode()):08x}-",
    )
    behind: Rows = np.array(background, dtype=object)
    drawn = kernel_shap.coalitions(len(stated.features), stated.samples, np.random.default_rng(stated.seed))
    values = [kernel_shap.values(predict, np.array(row, dtype=object), behind, drawn) for row in rows]
    return np.array(values), float(predict(behind).mean())


def _lowest(rows: Iterator[tuple[str, Row]], most: int) -> list[Row]:
    """The rows whose identifiers have the lowest hashes: a sample that depends neither on order nor on chance."""
    hashed = ((zlib.crc32(identifier.encode()), row) for identifier, row in rows)
    return [row for _, row in heapq.nsmallest(most, hashed)]


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
            found = [_cells(row, stated) for row in payloads.rows_of(asked)]
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


def _document(stated: Configuration, explained: tuple[Numbers, float], background: Sequence[Row]) -> Document:
    values, expected = explained
    if stated.aggregation == "median":
        together = np.median(values, axis=0)
    else:
        together = (np.abs(values) if stated.aggregation == "mean_abs" else np.square(values)).mean(axis=0)
    named = dict(zip(stated.features, together.tolist(), strict=True))
    explanations = {"kernel_shap": {_LABEL: {"global_shap_values": named, "expected_value": expected}}}
    return {"version": CLARIFY, "explanations": explanations, "background": [list(row) for row in background]}


def _baseline(path: Path, stated: Configuration) -> tuple[dict[str, float], list[Row]]:
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8-sig"))
        of_labels = document["explanations"]["kernel_shap"]
        values = next(iter(of_labels.values()))["global_shap_values"]
        before = {str(name): float(value) for name, value in values.items()}
        background = list(stated.background) or [tuple(map(str, row)) for row in document.get("background") or []]
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration) as error:
        raise EngineError(
            f"{path.name} of the baseline has no explanations ({type(error).__name__}: {error}): compute it again"
        ) from error
    lacking = [name for name in stated.features if name not in before]
    if lacking:
        raise EngineError(f"the baseline does not explain {', '.join(lacking)}: compute it again")
    return before, background


def _violation(score: float, before: Mapping[str, float], now: Mapping[str, float]) -> Violation:
    first = sorted(before, key=lambda name: -abs(before[name]))[:3]
    then = sorted(now, key=lambda name: -abs(now[name]))[:3]
    return Violation(
        _LABEL,
        "feature_attribution_drift_check",
        f"nDCG score {score:.3f} does not meet the constraint requirement of {_LEAST}: "
        f"first were {', '.join(first)}, now {', '.join(then)}",
        (("label", _LABEL), ("metric_name", "shap")),
        f"nDCG {score:.3f} < {_LEAST}",
    )


def _local(stated: Configuration, values: Numbers) -> str:
    lines = [",".join(f'"{name}"' for name in stated.features), *(",".join(map(repr, row)) for row in values.tolist())]
    return "\n".join(lines) + "\n"


def _sections(found: Document, before: Mapping[str, float]) -> list[str]:
    now = found["explanations"]["kernel_shap"][_LABEL]["global_shap_values"]
    was = {name: place for place, name in enumerate(sorted(before, key=lambda name: -abs(before[name])), 1)}
    rows = [
        (
            name,
            str(place),
            page.number(now[name]),
            str(was.get(name, "-")),
            page.number(before[name]) if before else "-",
        )
        for place, name in enumerate(sorted(now, key=lambda name: -abs(now[name])), 1)
    ]
    heads = ("feature", "place", "SHAP value", "place in the baseline", "SHAP value in the baseline")
    return [f"<section><h2>Order of the features</h2>{page.table('', heads, rows[:300], (1, 2, 3, 4))}</section>"]
