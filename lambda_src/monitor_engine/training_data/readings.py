# SPDX-License-Identifier: Apache-2.0
"""Captured records with their ground truth, row by row, each record once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from monitor_engine.contract import BINARY, PARTS, REGRESSION, Job
from monitor_engine.data import attributes, captures, payloads
from monitor_engine.data.captures import Reading, Record
from monitor_engine.data.ground_truth import Truth
from monitor_engine.data.payloads import Row, UnreadableError
from monitor_engine.problems import EngineError
from monitor_engine.training_data.columns import Columns
from monitor_engine.training_data.once import Met

_OUTPUT, _INPUT = PARTS


class Merged(NamedTuple):
    """One row that a model was asked, with what is true of it."""

    identifier: str
    """Of its record: the rows of one record stay together."""
    features: Row
    label: str
    answers: tuple[str, ...] = ()
    """Prediction and probability, as far as the baseline has columns for them."""


@dataclass
class Counts:
    """What was met on the way; all but `reading` have ground truth."""

    reading: Reading = field(default_factory=Reading)
    without_truth: int = 0
    duplicates: int = 0
    lacking: int = 0
    """Rows with another number of values than there are features, or without one of their names."""
    empty: int = 0
    """Rows with an empty value."""

    @property
    def remarks(self) -> list[str]:
        """What people should know."""
        told = {
            "records whose identifier was met before were left out, the first of each counts": self.duplicates,
            "rows that lack a feature, or have more, were left out": self.lacking,
            "rows have an empty value, and stay as the model was asked": self.empty,
        }
        return [f"{number:,} {words}" for words, number in told.items() if number]


def rows(job: Job, columns: Columns, truth: Truth, met: Met, counts: Counts) -> Iterator[Merged]:
    """Yield the rows of the window that have ground truth, in the order of the captures' files. Raise EngineError."""
    source, window = job.attributes.truth_source, job.window
    if source is None or window is None:
        raise EngineError("training data needs ground_truth_source, start_time and end_time")
    for name, value in (("inference_attribute", job.attributes.inference),
                        ("probability_attribute", job.attributes.probability)):  # fmt: skip
        attributes.check(name, value)
    truth.read(captures.truth_files(source, window))
    for record in captures.records(captures.files(job.source, window), window, counts.reading):
        label = truth.of(record.ids)
        if label is None:
            counts.without_truth += 1
            continue
        if not met.first(record.ids[0]):
            counts.duplicates += 1
            continue
        try:
            found = _rows(job, columns, record, label)
        except UnreadableError as error:
            counts.reading.leave_out(record.where, str(error))
            continue
        yield from found


def _rows(job: Job, columns: Columns, record: Record, label: str) -> list[Merged]:
    asked = record.data.get(_INPUT)
    if not isinstance(asked, dict):
        raise UnreadableError("it has no request: is the endpoint's capture on for requests?")
    features = payloads.rows_of(asked, job.attributes.features)
    truths = [_label(job, value) for value in attributes.truths(label, job.attributes.truth)]
    if len(features) != len(truths):
        raise UnreadableError(f"it has {len(truths)} labels for {len(features)} rows")
    answers = _answers(job, columns, record) if columns.answers else [()] * len(features)
    if len(answers) != len(features):
        raise UnreadableError(f"it has {len(answers)} answers for {len(features)} rows")
    found = zip(features, truths, answers, strict=True)
    return [Merged(record.ids[0], row, true, answer) for row, true, answer in found]


def _label(job: Job, value: Any) -> str:
    if job.attributes.problem == REGRESSION:
        attributes.number(value, "true value")
    return attributes.label(value)


def _answers(job: Job, columns: Columns, record: Record) -> list[tuple[str, ...]]:
    given, part = job.attributes, record.data.get(_OUTPUT)
    if not isinstance(part, dict):
        raise UnreadableError("it has no answer: is the endpoint's capture on for answers?")
    text = payloads.text_of(part).strip("\r\n")
    is_json = payloads.is_json(part, text)
    by_probability = given.problem == BINARY and bool(given.probability)
    has_inference = bool(given.inference) or not by_probability
    guesses = attributes.values(text, is_json, given.inference) if has_inference else []
    chances = attributes.values(text, is_json, given.probability) if by_probability else []
    likely = [attributes.probability(value) for value in chances]
    predicted = [attributes.label(value) for value in guesses] or [str(int(one >= given.threshold)) for one in likely]
    found = [predicted] if columns.prediction else []
    if columns.probability:
        found.append([repr(one) for one in likely] or [""] * len(predicted))
    return list(zip(*found, strict=True))
