# SPDX-License-Identifier: Apache-2.0
"""Predictions with their labels: from a baseline's columns, or from captures and the ground truth for them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from monitor_engine.contract import BINARY, CSV, PARTS, REGRESSION, Attributes, Job
from monitor_engine.data import attributes, captures, csv_files, dataset, ground_truth, payloads
from monitor_engine.data.captures import Reading, Record
from monitor_engine.data.payloads import UnreadableError
from monitor_engine.model_quality.outcomes import Outcomes
from monitor_engine.problems import EngineError

_OUTPUT = PARTS[0]
MERGED = "merged.jsonl"
"""The file of merged records: what was captured, with its ground truth."""


@dataclass
class Read:
    """What was read."""

    outcomes: Outcomes = field(default_factory=Outcomes)
    reading: Reading = field(default_factory=Reading)
    without_truth: int = 0
    remarks: list[str] = field(default_factory=list)


def of_baseline(job: Job) -> Read:
    """Return the outcomes in the columns of a CSV file. Raise EngineError."""
    given, read = job.attributes, Read()
    if job.format.kind != CSV or not job.format.has_header:
        raise EngineError("a baseline of model quality is a CSV file with a header")
    wanted = [name for name in (given.inference, given.probability, given.truth) if name]
    for path in dataset.files(job.source):
        for line, cells in csv_files.rows(path, wanted):
            read.reading.records += 1
            try:
                _take(read.outcomes, given, f"{path.name}:{line}", _Row.of(cells, given))
            except UnreadableError as error:
                read.reading.leave_out(f"{path.name}, line {line}", str(error))
    read.reading.check(job.unreadable_share, "rows of the baseline", "the file")
    return read


def of_window(job: Job) -> Read:
    """Return the outcomes of the captured records that have ground truth, and write them merged. Raise EngineError."""
    source, window, read = job.attributes.truth_source, job.window, Read()
    if source is None or window is None:
        raise EngineError("a run of model quality needs ground_truth_source, start_time and end_time")
    for name, value in (("inference_attribute", job.attributes.inference),
                        ("probability_attribute", job.attributes.probability)):  # fmt: skip
        attributes.check(name, value)
    job.output.mkdir(parents=True, exist_ok=True)
    with ground_truth.opened() as truth, (job.output / MERGED).open("w", encoding="utf-8") as merged:
        truth.read(captures.truth_files(source, window))
        for record in captures.records(captures.files(job.source, window), window, read.reading):
            label = truth.of(record.ids)
            if label is None:
                read.without_truth += 1
                continue
            try:
                _take_record(read.outcomes, job.attributes, record, label)
            except UnreadableError as error:
                read.reading.leave_out(record.where, str(error))
                continue
            merged.write(json.dumps(merged_record(record, label)) + "\n")
        read.remarks += truth.remarks(read.reading.records, read.without_truth)
    read.reading.check(job.unreadable_share)
    return read


@dataclass(frozen=True)
class _Row:
    """The values of one outcome, as they are written; None is not there."""

    truth: Any
    predicted: Any = None
    probability: Any = None

    @classmethod
    def of(cls, cells: Mapping[str, str], given: Attributes) -> _Row:
        return cls(
            cells[given.truth],
            cells[given.inference] if given.inference else None,
            cells[given.probability] if given.probability else None,
        )


def _take(outcomes: Outcomes, given: Attributes, identifier: str, row: _Row) -> None:
    if given.problem == REGRESSION:
        truth, predicted = attributes.number(row.truth, "true value"), attributes.number(row.predicted, "prediction")
        outcomes.add_numbers(identifier, truth, predicted)
        return
    truth_label = attributes.label(row.truth)
    predicted_label = "" if row.predicted is None else attributes.label(row.predicted)
    probability = math.nan if row.probability is None else attributes.probability(row.probability)
    if not predicted_label and math.isnan(probability):
        raise UnreadableError("it has neither a prediction nor a probability")
    outcomes.add_labels(identifier, truth_label, predicted_label, probability)


def _take_record(outcomes: Outcomes, given: Attributes, record: Record, label: str) -> None:
    part = record.data.get(_OUTPUT)
    if not isinstance(part, dict):
        raise UnreadableError("it has no answer: is the endpoint's capture on for answers?")
    text = payloads.text_of(part).strip("\r\n")
    is_json = payloads.is_json(part, text)
    truths = attributes.truths(label, given.truth)
    by_probability = given.problem == BINARY and bool(given.probability)
    has_inference = bool(given.inference) or not by_probability
    predicted = attributes.values(text, is_json, given.inference) if has_inference else [None] * len(truths)
    likely = attributes.values(text, is_json, given.probability) if by_probability else [None] * len(truths)
    if not len(truths) == len(predicted) == len(likely):
        raise UnreadableError(f"it has {len(truths)} labels for {max(len(predicted), len(likely))} answers")
    for place, (true, guess, chance) in enumerate(zip(truths, predicted, likely, strict=True)):
        _take(outcomes, given, f"{record.ids}:{place}", _Row(true, guess, chance))


def merged_record(record: Record, label: str) -> dict[str, Any]:
    """Return a captured record with its ground truth."""
    truth = {"groundTruthData": {"data": label, "encoding": "CSV"}}
    return {"captureData": record.data, **truth, "eventMetadata": record.event, "eventVersion": "0"}
